import { normalQuantile } from '../numeric/index.ts'
import { checkLevel, type Estimate, undefinedEstimate } from './estimate.ts'

/** How long a unit was watched, and what ended it: cause 0 is that watching ended, 1, 2, … are events. */
export interface SurvivalRow {
  readonly time: number
  readonly cause: number
}

/** One moment at which something happened. */
export interface SurvivalStep {
  readonly time: number
  /** Units watched and without event just before. */
  readonly atRisk: number
  /** Events by cause; place 0 holds cause 1. */
  readonly events: readonly number[]
}

/** Distinct moments in order, and until when anybody was watched. */
export interface SurvivalTable {
  readonly n: number
  readonly steps: readonly SurvivalStep[]
  readonly lastTime: number
}

/**
 * The table behind survival curves. Units that leave at the moment of an event were still at risk. Throws a RangeError for a
 * time that is not finite or < 0, or a cause that is no integer ≥ 0.
 */
export function survivalTable(rows: Iterable<SurvivalRow>): SurvivalTable {
  const sorted = [...rows]
  sorted.forEach(checkRow)
  sorted.sort((a, b) => a.time - b.time)
  const causes = sorted.reduce((most, row) => Math.max(most, row.cause), 0)
  const steps: SurvivalStep[] = []
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    const { time } = sorted[from]!
    const events = new Array<number>(causes).fill(0)
    let count = 0
    for (to = from; sorted[to]?.time === time; to++) {
      const { cause } = sorted[to]!
      if (cause === 0) continue
      events[cause - 1] = events[cause - 1]! + 1
      count++
    }
    if (count > 0) steps.push({ time, atRisk: sorted.length - from, events })
  }
  return { n: sorted.length, steps, lastTime: sorted.at(-1)?.time ?? 0 }
}

function checkRow({ time, cause }: SurvivalRow): void {
  if (!(time >= 0 && Number.isFinite(time))) throw new RangeError(`time must be finite and ≥ 0, got ${time}`)
  if (!(Number.isInteger(cause) && cause >= 0)) throw new RangeError(`cause must be an integer ≥ 0, got ${cause}`)
}

/** Survival just after a moment, with the sum in Greenwood's variance: Var S = S² · greenwood. */
export interface SurvivalPoint {
  readonly time: number
  readonly survival: number
  readonly greenwood: number
}

/** Kaplan & Meier's curve (1958) of being without any event, as its steps; Greenwood's sum Σ d / (Y (Y − d)), ∞ at survival 0. */
export function kaplanMeier({ steps }: SurvivalTable): readonly SurvivalPoint[] {
  let survival = 1
  let greenwood = 0
  return steps.map(({ time, atRisk, events }) => {
    const count = events.reduce((sum, own) => sum + own, 0)
    survival *= 1 - count / atRisk
    greenwood += count / (atRisk * (atRisk - count))
    return { time, survival, greenwood }
  })
}

/**
 * Share without event at `time` with the log(−log) interval on Greenwood's variance (Kalbfleisch & Prentice), which stays in
 * [0, 1]. Assumes that leaving says nothing of the event to come. Reasons: `not-reached` after the last moment watched,
 * `zero-variance` before the first event or at survival 0, `too-few-units`.
 */
export function survivalInterval(table: SurvivalTable, time: number, level: number): Estimate {
  checkLevel(level)
  if (table.n < 2) return undefinedEstimate('too-few-units')
  if (time > table.lastTime) return undefinedEstimate('not-reached')
  const point = kaplanMeier(table).findLast((step) => step.time <= time)
  if (point === undefined || point.survival === 0) return undefinedEstimate('zero-variance', point?.survival ?? 1)
  const { survival, greenwood } = point
  return logLogInterval(survival, Math.sqrt(greenwood) * survival, level)
}

/** The interval of a share p on the scale ln(−ln p), with the standard error of p. */
export function logLogInterval(share: number, stdError: number, level: number): Estimate {
  const z = normalQuantile((1 + level) / 2)
  const half = (z * stdError) / (share * Math.abs(Math.log(share)))
  const [low, high] = [share ** Math.exp(half), share ** Math.exp(-half)]
  return { kind: 'estimate', mean: share, low, high, stdError, dof: null }
}
