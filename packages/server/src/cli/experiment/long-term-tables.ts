import { type Estimate, type Exploration, type SurrogateCalibration, wordsForCode } from '@paloma/core'
import type { ExplorationTable, NumberStyle } from './exploration-table.ts'

type Found = Exploration['longTerm']

/** Estimated long-term effects, the forecast they rest on, and what past experiments say of it; none where nobody asked. */
export function longTermTables(
  { longTerm }: Pick<Exploration, 'longTerm'>,
  style: NumberStyle,
): readonly ExplorationTable[] {
  const [first] = longTerm
  if (first === undefined) return []
  return [
    effectTable(longTerm, style),
    ...(first.index === null ? [] : [indexTable(first.index, first.outcome, style)]),
    ...(first.calibration === null ? [] : [calibrationTable(first.calibration, style)]),
  ]
}

function interval(estimate: Estimate, { number }: NumberStyle): string {
  if (estimate.kind === 'undefined') return `no answer: ${wordsForCode(estimate.reason)}`
  return `${number(estimate.mean)} [${number(estimate.low)}, ${number(estimate.high)}]`
}

function effectTable(found: Found, style: NumberStyle): ExplorationTable {
  const show = (value: number | null): string => (value === null ? '\u2013' : style.number(value))
  const assumed = found[0]?.assumptions.join('; ') ?? ''
  return {
    title: 'Estimated long-term effects',
    note: `a forecast and no measurement; right only if ${assumed}`,
    columns: ['outcome', 'treatment', 'effect per user', 'calibrated', 'error of the users', 'error of the forecast'],
    rows: found.map((each) => [
      ...[each.outcome, each.treatment],
      each.reason === null ? interval(each.effect, style) : `no answer: ${each.detail ?? wordsForCode(each.reason)}`,
      each.calibrated === null ? 'no past experiments' : interval(each.calibrated, style),
      ...[show(each.between), show(each.model)],
    ]),
  }
}

function indexTable(
  { users, drawnFrom, incomplete, inExperiment, weights, rSquared, slope }: NonNullable<Found[number]['index']>,
  outcome: string,
  { number, share }: NumberStyle,
): ExplorationTable {
  const drawn = drawnFrom === null ? '' : ` drawn from ${number(drawnFrom)}`
  const left = `${number(incomplete)} with a missing number and ${number(inExperiment)} of the experiment left out`
  const fit = `explains ${share(rSquared)} of the variance of users who were not fitted${slope === null ? '' : `, slope ${number(slope)}`}`
  return {
    title: `The forecast of ${outcome}`,
    note: `least squares over ${number(users)} past users${drawn}, ${left}; ${fit}`,
    columns: ['metric', 'weight'],
    rows: weights.map(({ metric, weight }) => [metric, number(weight)]),
  }
}

const VERDICTS: Readonly<Record<SurrogateCalibration['verdict'], string>> = {
  holds: 'no more than a fifth of the signs differ',
  broken: 'MISLEADS: more than a fifth of the signs differ, so believe no forecast of it',
  unknown: 'fewer than five experiments say nothing',
}

/** What past experiments say of a surrogate. */
export function calibrationTable(found: SurrogateCalibration, style: NumberStyle): ExplorationTable {
  const { experiments, slope, misfit, disagreements, signInterval, clear, verdict } = found
  const ends = signInterval === null ? '' : ` [${signInterval.map((end) => style.share(end)).join(', ')}]`
  return {
    title: 'The surrogate in past experiments',
    note: 'slope 1: effects came as forecast; signs differ by chance where effects are small',
    columns: ['', ''],
    rows: [
      ['experiments', String(experiments)],
      ['realised per forecast effect (slope)', interval(slope, style)],
      ['misfit in units of the errors', misfit === null ? '\u2013' : style.number(misfit)],
      ['signs that differ', `${disagreements} of ${experiments}${ends}`],
      ['the same where both effects are proven', `${clear.disagreements} of ${clear.experiments}`],
      ['verdict', VERDICTS[verdict]],
    ],
  }
}
