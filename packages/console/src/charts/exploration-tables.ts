import type { Exploration, LookedFor } from '../experiment-answers.ts'
import { formatNumber, formatShare } from '../format.ts'
import { estimateText, pText } from './metric-forest.ts'

/** One question beside the decision and what the data say to it. */
export interface ExplorationTable {
  readonly title: string
  readonly note: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** The questions that have an answer. */
export function explorationTables(exploration: Exploration): readonly ExplorationTable[] {
  const tables = [bayesian(exploration), novelty(exploration), interactions(exploration)]
  return tables.filter(({ rows }) => rows.length > 0)
}

const SURE = 0.999

/** A chance in per cent; near 0 and 1 only that it is. */
function chanceText(chance: number): string {
  if (chance > SURE) return `> ${formatShare(SURE)}`
  return chance < 1 - SURE ? `< ${formatShare(1 - SURE)}` : formatShare(chance)
}

function bayesian({ bayesian: metrics }: Exploration): ExplorationTable {
  return {
    title: 'Which variant is best: the Bayesian view',
    note: 'Chances after the stated prior of the relative effect; waiting for a high one finds what is not there.',
    columns: ['Metric', 'Variant', 'Chance to be best', 'Expected loss', 'Prior'],
    rows: metrics.flatMap(({ metric, prior, variants, words }) => {
      const stated = `${formatShare(prior.mean)} ± ${formatShare(prior.stddev)}`
      if (variants === null) return [[metric, '', words ?? 'no answer', '', stated]]
      return variants.map(({ variant, chanceBest, expectedLoss }) => [
        metric,
        variant,
        chanceText(chanceBest),
        formatNumber(expectedLoss),
        stated,
      ])
    }),
  }
}

const SEARCHED = ['p', 'q', 'Stands out'] as const

function searched({ pValue, qValue, isDiscovery }: LookedFor): readonly string[] {
  return [pText(pValue), pText(qValue), isDiscovery ? 'yes' : 'no']
}

function novelty({ novelty: metrics }: Exploration): ExplorationTable {
  return {
    title: 'Do effects wear off?',
    note: 'Change of the daily effect per day since exposure, in the unit of the metric; 95 % intervals.',
    columns: ['Metric', 'Treatment', 'Per day', 'First day', 'Last day', ...SEARCHED],
    rows: metrics.map((found) => {
      const ends = [found.byDay[0], found.byDay.at(-1)]
      const days = ends.map((day) => (day === undefined ? '\u2013' : estimateText(day)))
      return [found.metric, found.treatment, estimateText(found.slope), ...days, ...searched(found)]
    }),
  }
}

function interactions({ interactions: pairs }: Exploration): ExplorationTable {
  return {
    title: 'Interactions with other experiments',
    note: 'The effect beside the other’s treatment minus that beside its control; 95 % intervals.',
    columns: ['Metric', 'Treatment', 'Other experiment', 'Interaction', ...SEARCHED],
    rows: pairs.map((found) => [
      found.metric,
      found.treatment,
      `${found.experiment}: ${found.beside}`,
      estimateText(found.interaction),
      ...searched(found),
    ]),
  }
}
