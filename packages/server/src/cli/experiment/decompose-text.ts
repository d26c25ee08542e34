import { type Effect, effectInterval, type TreatmentDecomposition, wordsForCode } from '@paloma/core'
import { alignTable, showNumber } from '../print/index.ts'

const LEVEL = 0.95

/** Decompositions for people: a table each, with 95 % intervals; the parts sum to the total. */
export function decomposeText(found: {
  readonly experiment: string
  readonly control: string
  readonly treatments: readonly TreatmentDecomposition[]
}): string {
  const parts = found.treatments.flatMap(({ treatment, segments, funnels, channels }) => [
    `${treatment} against ${found.control}, differences per user with 95 % intervals`,
    ...segments.map(segmentText),
    ...funnels.map(funnelText),
    ...channels.map(channelText),
  ])
  const nothing = found.treatments.every(
    ({ segments, funnels, channels }) => segments.length + funnels.length + channels.length === 0,
  )
  const hint = nothing ? ['Nothing to take apart: name `segments` or `decompositions` in the spec.'] : []
  return [found.experiment, ...parts, ...hint].join('\n\n')
}

function effectText(effect: Effect): string {
  const interval = effectInterval(effect, { level: LEVEL })
  const round = (value: number): string => showNumber(Number(value.toPrecision(3)))
  if (interval.kind === 'estimate') return `${round(interval.mean)} [${round(interval.low)}, ${round(interval.high)}]`
  return interval.mean === null ? `no answer (${wordsForCode(interval.reason)})` : round(interval.mean)
}

function segmentText({ metric, segment, found }: TreatmentDecomposition['segments'][number]): string {
  if (found.kind === 'undefined') return `${metric} by ${segment}: no answer (${wordsForCode(found.reason)})`
  const rows = [
    ...found.parts.map((part) => [part.segment, effectText(part.mix), effectText(part.rate)]),
    ['together', effectText(found.mix), effectText(found.rate)],
    ['total', effectText(found.total), ''],
  ]
  const alarm = found.isMixAlarm ? '\n  The mix differs beyond chance: the split is broken.' : ''
  return `${metric} by ${segment}\n${alignTable(['', 'other users', 'other values'], rows)}${alarm}`
}

function funnelText({ name, stages, found }: TreatmentDecomposition['funnels'][number]): string {
  if (found.kind === 'undefined') return `${name}: no answer (${wordsForCode(found.reason)})`
  const rows = [...stages.map((stage, i) => [stage, effectText(found.steps[i]!)]), ['total', effectText(found.total)]]
  return `${name}, by step\n${alignTable(['step', 'part of the effect'], rows)}`
}

function channelText({ name, metrics, found }: TreatmentDecomposition['channels'][number]): string {
  const rows = [
    ...metrics.map((metric, i) => [metric, effectText(found.byChannel[i]!)]),
    ['elsewhere', effectText(found.elsewhere)],
    ['total', effectText(found.total)],
  ]
  return `${name}, between channels\n${alignTable(['channel', 'effect'], rows)}`
}
