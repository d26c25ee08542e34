import type { Scenario } from '../scenario.ts'
import { type Parameter, parameterError } from './parameters.ts'
import type { Statistic } from './statistic.ts'
import type { StatisticName, Summary } from './summarize.ts'

/** After so many rounds steps are shortened, so that parameters which push one another settle. */
const BOLD_ROUNDS = 4
const CAREFUL_STEP = 0.6
const FAR_FROM_ZERO = 3
const DIGITS = 5

/** Mean of each statistic over several worlds; missing where any of them lacks it. */
export function averaged(summaries: readonly Summary[]): Summary {
  const [first, ...rest] = summaries
  const together = new Map<StatisticName, Statistic>()
  for (const [name, statistic] of first ?? []) {
    const others = rest.flatMap((summary) => summary.get(name) ?? [])
    if (others.length < rest.length) continue
    const all = [statistic, ...others]
    const mean = (pick: (each: Statistic) => number): number =>
      all.reduce((sum, each) => sum + pick(each), 0) / all.length
    const stdError = Math.sqrt(mean((each) => each.stdError ** 2) / all.length)
    together.set(name, { value: mean((each) => each.value), stdError, events: mean((each) => each.events) })
  }
  return together
}

/** Why a log cannot tell a parameter, or null. */
export function whyNot(parameter: Parameter, scenario: Scenario, log: Summary): string | null {
  const statistic = log.get(parameter.statistic)
  if (statistic === undefined) return `the log has nothing to compute “${parameter.statistic}” from`
  const events = Math.round(statistic.events)
  if (events < parameter.minEvents) return `it takes ${parameter.minEvents} events, the log has ${events}`
  const at = parameter.get(scenario)
  const error = parameterError(parameter, statistic, at)
  const most = parameter.maxStdError(at)
  const isFarFromZero = Math.abs(statistic.value) > FAR_FROM_ZERO * statistic.stdError
  if (error <= most || (parameter.isToldBySign === true && isFarFromZero)) return null
  return `its standard error would be ${error.toPrecision(2)}, at most ${most.toPrecision(2)} says something`
}

/** Moves a parameter towards where its statistic agrees with the log's. */
export function moved(
  parameter: Parameter,
  scenario: Scenario,
  { log, world, round }: { readonly log: Summary; readonly world: Summary; readonly round: number },
): Scenario {
  const [target, now] = [log.get(parameter.statistic), world.get(parameter.statistic)]
  if (target === undefined || now === undefined) return scenario
  const at = parameter.get(scenario)
  const most = parameter.maxMove ?? Number.POSITIVE_INFINITY
  const step = Math.max(-most, Math.min(most, parameter.step({ from: now.value, to: target.value, at })))
  const next = at + step * (round < BOLD_ROUNDS ? 1 : CAREFUL_STEP)
  const bounded = Math.min(parameter.max, Math.max(parameter.min, next))
  return parameter.set(scenario, Number(bounded.toPrecision(DIGITS)))
}
