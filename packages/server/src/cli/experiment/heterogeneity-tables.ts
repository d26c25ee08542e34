import { type Estimate, type Exploration, wordsForCode } from '@paloma/core'
import type { ExplorationTable, NumberStyle } from './exploration-table.ts'

/** Whether effects differ between users, and the effects by segment; two tables, each without rows where nobody asked. */
export function heterogeneityTables(
  { heterogeneity }: Pick<Exploration, 'heterogeneity'>,
  style: NumberStyle,
): readonly ExplorationTable[] {
  return [wholeTable(heterogeneity, style), segmentTable(heterogeneity, style)]
}

type Found = Exploration['heterogeneity']

function interval(estimate: Estimate, { number }: NumberStyle): string {
  if (estimate.kind === 'undefined') return `no answer: ${wordsForCode(estimate.reason)}`
  return `${number(estimate.mean)} [${number(estimate.low)}, ${number(estimate.high)}]`
}

function wholeTable(found: Found, style: NumberStyle): ExplorationTable {
  const show = (p: number | null): string => (p === null ? '\u2013' : style.p(p))
  return {
    title: 'Do effects differ between users?',
    note: 'tested on users the model has not seen; heterogeneity 0: alike, or the features do not tell, 1: as much as the model says; p is twice the median over splits, the sequential one of a single order',
    columns: ['metric', 'treatment', 'users', 'average effect', 'heterogeneity', 'p', 'sequential p', 'q', 'Qini', ''],
    rows: found.map((each) => [
      ...[each.metric, each.treatment, usersText(each, style)],
      ...(each.reason === null
        ? [interval(each.average, style), interval(each.heterogeneity, style)]
        : [`no answer: ${each.detail ?? wordsForCode(each.reason)}`, '']),
      ...[show(each.pValue), show(each.sequentialPValue), show(each.qValue)],
      ...[qiniText(each, style), each.isDiscovery ? 'stands out' : ''],
    ]),
  }
}

function usersText({ users, drawnFrom }: Found[number], { number }: NumberStyle): string {
  return drawnFrom === null ? number(users) : `${number(users)}, drawn from ${number(drawnFrom)} of all variants`
}

/** The coefficient of shares; of amounts the area, per user. */
function qiniText({ qini, area, reason }: Found[number], style: NumberStyle): string {
  if (reason !== null) return ''
  return qini.kind === 'estimate' ? interval(qini, style) : `area ${interval(area, style)}`
}

function segmentTable(found: Found, style: NumberStyle): ExplorationTable {
  const show = (p: number | null): string => (p === null ? '\u2013' : style.p(p))
  return {
    title: 'Effects by segment, and against everybody else',
    note: 'segments that were named beforehand, in the unit of the metric; q of the difference from everybody else',
    columns: ['segment', 'metric', 'treatment', 'users', 'effect', 'more than on others', 'p', 'q', ''],
    rows: found.flatMap(({ metric, treatment, segments }) =>
      segments.map((each) => [
        ...[`${each.segment} = ${each.value}`, metric, treatment, style.number(each.users)],
        ...[interval(each.effect, style), interval(each.against, style)],
        ...[show(each.differencePValue), show(each.differenceQValue), each.isDiscovery ? 'stands out' : ''],
      ]),
    ),
  }
}
