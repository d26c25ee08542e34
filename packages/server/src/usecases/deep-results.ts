import {
  type Experiment,
  type ExperimentMetric,
  type HeterogeneitySpec,
  PalomaError,
  type PastEffect,
} from '@paloma/core'
import type { ExperimentResults, PastOfResults } from './contract.ts'

/** Of more users a draw by hash is looked at: the answer should come within a minute or so. */
const MOST_USERS = 20_000
const SPLITS = 21

/** Whom a treatment moves, asked of success metrics or, without any, of all: as far as they are one number of a user. */
export function heterogeneityOfLog(metrics: readonly ExperimentMetric[]): HeterogeneitySpec | null {
  const plain = metrics.filter(({ metricType, denominator }) => metricType !== 'quantile' && denominator === undefined)
  const success = plain.filter(({ role }) => role === 'success')
  const asked = success.length === 0 ? plain : success
  if (asked.length === 0) return null
  return { features: [], withPast: true, metrics: asked.map(({ name }) => name), splits: SPLITS, mostUsers: MOST_USERS }
}

/** What experiments that are over found, metric by metric, and which of them can no longer say. */
export interface PastOfLog extends PastOfResults {
  readonly effects: Readonly<Record<string, readonly PastEffect[]>>
}

/**
 * Relative effects of every treatment of every experiment on users that was stopped before, disappointing ones as well as those that shipped;
 * only what was declared invalid is none. `read` reads one out.
 */
export async function pastOfLog(
  experiments: readonly Experiment[],
  key: string,
  read: (experiment: Experiment) => Promise<ExperimentResults>,
): Promise<PastOfLog> {
  const effects: Record<string, readonly PastEffect[]> = {}
  const [counted, unreadable]: [string[], string[]] = [[], []]
  for (const experiment of experiments.filter((each) => isComparable(each, key))) {
    const results = await readable(read(experiment))
    if (results === null) unreadable.push(experiment.design.key)
    else {
      counted.push(experiment.design.key)
      for (const { metric, ...found } of effectsIn(results)) effects[metric] = [...(effects[metric] ?? []), found]
    }
  }
  return { effects, experiments: counted, unreadable }
}

/** Relative effects that have a standard error. */
function effectsIn({ readOut }: ExperimentResults): readonly (PastEffect & { readonly metric: string })[] {
  return readOut.comparisons.flatMap(({ metrics }) =>
    metrics.flatMap(({ metric, relative }) =>
      relative.kind === 'estimate' ? [{ metric, effect: relative.mean, stdError: relative.stdError }] : [],
    ),
  )
}

function isComparable({ design, end, layer }: Experiment, key: string): boolean {
  const isOver = end !== null && end.decision !== 'invalid' && layer !== null
  return isOver && design.key !== key && design.unit.kind === 'user'
}

const GONE: ReadonlySet<string> = new Set(['EXPERIMENT_UNREADABLE', 'NOBODY_EXPOSED'])

async function readable(results: Promise<ExperimentResults>): Promise<ExperimentResults | null> {
  return results.catch((error: unknown) => {
    if (error instanceof PalomaError && GONE.has(error.code)) return null
    throw error
  })
}

/** How many questions may wait for their turn. */
const MOST_WAITING = 8

/** Asks long questions one after the other; one that is asked while it waits for its answer is asked once. */
export function oneAtATime<T>(): (question: string, ask: () => Promise<T>) => Promise<T> {
  const waiting = new Map<string, Promise<T>>()
  let last: Promise<unknown> = Promise.resolve()
  return (question, ask) => {
    const known = waiting.get(question)
    if (known !== undefined) return known
    if (waiting.size >= MOST_WAITING) {
      const message = `${waiting.size} such questions wait for their answers, at most ${MOST_WAITING} may`
      return Promise.reject(new PalomaError('RESULTS_BUSY', message, { hint: 'ask again in a minute' }))
    }
    const next = Promise.allSettled([last])
      .then(ask)
      .finally(() => waiting.delete(question))
    waiting.set(question, next)
    last = next
    return next
  }
}
