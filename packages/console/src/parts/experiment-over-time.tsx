import { type ReactNode, useMemo, useState } from 'react'
import { bandPlot, bandPoints, bandWords, marginOf } from '../charts/effect-band.ts'
import { exposurePlot, exposurePoints } from '../charts/exposure-lines.ts'
import type { EffectOverTime, ReadOut } from '../experiment-answers.ts'
import { formatNumber } from '../format.ts'
import { PlotFigure } from './plot-figure.tsx'

function Exposed({ readOut }: { readonly readOut: ReadOut }): ReactNode {
  const points = useMemo(() => exposurePoints(readOut), [readOut])
  const options = useMemo(
    () =>
      exposurePlot(
        points,
        readOut.variants.map(({ name }) => name),
      ),
    [points, readOut],
  )
  return (
    <figure>
      <figcaption className="quiet">
        <strong>Users exposed so far</strong>, by variant; all users counted, so there is no interval.
      </figcaption>
      <PlotFigure options={options} label="Users exposed so far by variant" />
    </figure>
  )
}

function Band({ readOut, followed }: { readonly readOut: ReadOut; readonly followed: EffectOverTime }): ReactNode {
  const { treatment, metric: name, scale } = followed
  const metric = readOut.comparisons
    .find((each) => each.treatment === treatment)
    ?.metrics.find((each) => each.metric === name)
  const unit = scale === 'relative' ? '% of the control mean' : (metric?.unit ?? 'difference')
  const margin = marginOf(metric, followed)
  const options = useMemo(() => bandPlot(bandPoints(followed), { unit, margin }), [followed, unit, margin])
  return (
    <figure>
      <figcaption className="quiet">
        <strong>{name}</strong>: {treatment} − {readOut.control}, {unit}; n ={' '}
        {formatNumber(followed.points.at(-1)?.users)} users at the end; the band is {bandWords(followed)}.
        {margin === null ? '' : ' The orange line is the largest loss that is accepted.'}
      </figcaption>
      <PlotFigure options={options} label={`Effect on ${name} over time`} />
    </figure>
  )
}

/** Exposure and effects as users came, the effect of one metric at a time. */
export function OverTime({ readOut }: { readonly readOut: ReadOut }): ReactNode {
  const followed = readOut.overTime.filter(({ points }) => points.length > 1)
  const [place, setPlace] = useState(0)
  const shown = followed[place]
  if (readOut.exposures.length === 0) return null
  return (
    <>
      <h2>Over time</h2>
      <Exposed readOut={readOut} />
      {shown !== undefined && (
        <>
          <label>
            Metric
            <select value={place} onChange={(event) => setPlace(Number(event.target.value))}>
              {followed.map(({ treatment, metric }, i) => (
                <option key={`${treatment} ${metric}`} value={i}>
                  {metric} ({treatment})
                </option>
              ))}
            </select>
          </label>
          <Band readOut={readOut} followed={shown} />
        </>
      )}
    </>
  )
}
