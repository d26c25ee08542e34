import type { Scenario } from '../scenario.ts'
import { dayParts } from './circadian-fit.ts'
import type { FittedParameter, FittedStatistic } from './fitted.ts'
import type { Parameter } from './parameters.ts'
import type { Summary } from './summarize.ts'
import type { WorldLog } from './world-log.ts'

const SHORT_DAYS = 28

/** What became of a parameter; `reason` says why it stayed as it was. */
export function toldParameter(
  parameter: Parameter,
  scenarios: { readonly base: Scenario; readonly fitted: Scenario },
  found: { readonly stdError: number; readonly reason: string | null },
): FittedParameter {
  const { path, statistic } = parameter
  const value = parameter.get(scenarios.fitted)
  const { reason, stdError } = found
  if (reason !== null) return { kind: 'kept', path, value, reason }
  return { kind: 'fitted', path, base: parameter.get(scenarios.base), value, stdError, statistic }
}

/** Every statistic that both have, side by side. */
export function toldStatistics(log: Summary, world: Summary): readonly FittedStatistic[] {
  return [...log].flatMap(([name, { value, stdError }]) => {
    const fitted = world.get(name)
    if (fitted === undefined) return []
    const error = Math.hypot(stdError, fitted.stdError)
    const standardised = error > 0 ? (value - fitted.value) / error : null
    return [{ name, log: value, fitted: fitted.value, stdError: error, standardised }]
  })
}

const PARTS = ['night (0–6)', 'morning (6–11)', 'afternoon (11–17)', 'evening (17–24)'] as const

/** Hours of natural visits in four parts of the day. */
export function toldDayParts(log: WorldLog, worlds: readonly WorldLog[]): readonly FittedStatistic[] {
  const visits = log.events.filter(({ kind, send }) => kind === 'visit' && send === null).length
  if (visits === 0 || log.users.every(({ timeZone }) => timeZone === null)) return []
  const [there, ...here] = [dayParts(log), ...worlds.map(dayParts)]
  return PARTS.map((name, part) => {
    const value = there![part]!
    const fitted = here.reduce((sum, parts) => sum + parts[part]!, 0) / here.length
    // Visits of one user lie at like hours: a standard error from their number would be too small, so none is given.
    return { name: `visits in the ${name}`, log: value, fitted, stdError: 0, standardised: null }
  })
}

/** What a reader must know before believing a fit. */
export function remarksOn(log: WorldLog, isMerged: boolean): readonly string[] {
  const remarks: string[] = []
  if (isMerged) remarks.push('messages beyond the 19 most sent are one producer, other-messages')
  if (log.users.every(({ timeZone }) => timeZone === null))
    remarks.push('no time zones: all users count as living in UTC')
  if (log.days < SHORT_DAYS) remarks.push(`${log.days} days are short: season, drift and recovery cannot be told`)
  if (log.sends.every(({ isTransactional }) => isTransactional)) {
    remarks.push('no marketing was sent: effects of messages stay as in the base')
  }
  remarks.push('“visits brought” is causal only where the day of a send was not chosen by how likely a visit was')
  return remarks
}
