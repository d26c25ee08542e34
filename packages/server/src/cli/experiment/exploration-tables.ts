import { type Estimate, type ExperimentReadOut, type Exploration, wordsForCode } from '@paloma/core'
import type { ExplorationTable, NumberStyle } from './exploration-table.ts'
import { heterogeneityTables } from './heterogeneity-tables.ts'
import { longTermTables } from './long-term-tables.ts'

/** What stands above everything that explores. */
export const EXPLORATION_WORDS =
  'Exploration, never part of the decision: 95 % intervals of a single look; q values hold false discoveries at 10 %.'

/** The questions beside the decision that the data could answer; none where nobody asked. */
export function explorationTables(
  { exploration, control }: Pick<ExperimentReadOut, 'exploration' | 'control'>,
  style: NumberStyle,
): readonly ExplorationTable[] {
  return [
    bayesianTable(exploration, style),
    sharesTable(exploration, style),
    noveltyTable(exploration, style),
    interactionTable(exploration, style),
    complierTable(exploration, style),
    ...channelTables(exploration, { style, control }),
    ...heterogeneityTables(exploration, style),
    ...longTermTables(exploration, style),
  ].filter(({ rows }) => rows.length > 0)
}

function interval(estimate: Estimate, { number }: NumberStyle): string {
  if (estimate.kind === 'undefined') return `no answer: ${wordsForCode(estimate.reason)}`
  return `${number(estimate.mean)} [${number(estimate.low)}, ${number(estimate.high)}]`
}

function bayesianTable({ bayesian }: Exploration, style: NumberStyle): ExplorationTable {
  return {
    title: 'The Bayesian view',
    note: 'chances after the stated prior of the relative effect; waiting for a high one finds what is not there',
    columns: ['metric', 'variant', 'best', 'expected loss', 'prior'],
    rows: bayesian.flatMap(({ metric, prior, priorFrom, variants, reason }) => {
      const stated = `${style.share(prior.mean)} ± ${style.share(prior.stddev)}${originOf(priorFrom)}`
      if (variants === null) {
        return [[metric, '', `no answer: ${reason === null ? 'unknown' : wordsForCode(reason)}`, '', stated]]
      }
      return variants.map(({ variant, chanceBest, expectedLoss }) => [
        ...[metric, variant, style.share(chanceBest), style.number(expectedLoss), stated],
      ])
    }),
  }
}

/** Where a prior comes from, if not from the metric or the default. */
function originOf({ kind, effects, reason }: Exploration['bayesian'][number]['priorFrom']): string {
  if (kind === 'past') return ` (of ${effects} past effects)`
  return reason === null ? '' : ` (default; ${effects} past effects do not tell: ${wordsForCode(reason)})`
}

function sharesTable({ nextShares }: Exploration, style: NumberStyle): ExplorationTable {
  return {
    title: 'Shares for the next users',
    note: 'of the chance to be best under a flat prior, each at least the floor; it is no test',
    columns: ['metric', 'variant', 'share', 'floor'],
    rows: nextShares.flatMap(({ metric, floor, shares, reason }) => {
      if (shares === null) {
        return [[metric, '', `as they are: ${reason === null ? 'unknown' : wordsForCode(reason)}`, style.share(floor)]]
      }
      return shares.map(({ variant, share }) => [metric, variant, style.share(share), style.share(floor)])
    }),
  }
}

function discovery(
  { pValue, qValue, isDiscovery }: Pick<Exploration['novelty'][number], 'pValue' | 'qValue' | 'isDiscovery'>,
  { p }: NumberStyle,
): readonly string[] {
  return [pValue === null ? '–' : p(pValue), qValue === null ? '–' : p(qValue), isDiscovery ? 'stands out' : '']
}

function noveltyTable({ novelty }: Exploration, style: NumberStyle): ExplorationTable {
  return {
    title: 'Do effects wear off?',
    note: 'change of the daily effect per day since exposure, and the effect on the first and the last day',
    columns: ['metric', 'treatment', 'per day', 'first day', 'last day', 'p', 'q', ''],
    rows: novelty.map((each) => [
      ...[each.metric, each.treatment, interval(each.slope, style)],
      ...[each.byDay[0], each.byDay.at(-1)].map((day) => (day === undefined ? '–' : interval(day, style))),
      ...discovery(each, style),
    ]),
  }
}

function interactionTable({ interactions }: Exploration, style: NumberStyle): ExplorationTable {
  return {
    title: 'Interactions with other experiments',
    note: "the effect beside the other's treatment minus that beside its control; smaller ones than effects are rarely found",
    columns: ['metric', 'treatment', 'other experiment', 'interaction', 'p', 'q', ''],
    rows: interactions.map((each) => [
      ...[each.metric, each.treatment, `${each.experiment}: ${each.beside}`, interval(each.interaction, style)],
      ...discovery(each, style),
    ]),
  }
}

function complierTable({ compliers }: Exploration, style: NumberStyle): ExplorationTable {
  return {
    title: 'Effect on those who received the message',
    note: 'because of their variant; assumes that the variant acts through receipt alone',
    columns: ['metric', 'treatment', 'effect', 'also where few comply', 'received more often by'],
    rows: compliers.map(({ metric, treatment, effect, fieller, compliance }) => [
      ...[metric, treatment, interval(effect, style), interval(fieller, style), interval(compliance, style)],
    ]),
  }
}

function channelTables(
  { channels }: Exploration,
  { style, control }: { readonly style: NumberStyle; readonly control: string },
): readonly ExplorationTable[] {
  return channels.map(({ name, treatment, byChannel, treated, elsewhere, total }) => ({
    title: `${name} between channels, ${treatment} against ${control}`,
    note: treated === null ? 'the parts sum to the total' : `${treated} was treated; the parts sum to the total`,
    columns: ['channel', 'effect'],
    rows: [
      ...byChannel.map(({ metric, effect }) => [metric, interval(effect, style)]),
      ...(elsewhere === null ? [] : [['elsewhere', interval(elsewhere, style)]]),
      ['total', interval(total, style)],
    ],
  }))
}
