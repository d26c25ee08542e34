import { PalomaError } from '../../domain/index.ts'
import type { Scenario } from '../scenario.ts'
import { fitCircadian } from './circadian-fit.ts'
import { remarksOn, toldDayParts, toldParameter, toldStatistics } from './fit-report.ts'
import type { FittedParameter, WorldFit } from './fitted.ts'
import { averaged, moved, whyNot } from './moment-step.ts'
import { PARAMETERS, type Parameter, parameterError } from './parameters.ts'
import { mergeRareMessages, producersOf } from './producers.ts'
import { replayLog } from './replay.ts'
import { standardErrors } from './standard-errors.ts'
import { type Summary, summarize } from './summarize.ts'
import type { WorldLog } from './world-log.ts'

export interface FitOptions {
  /** What is not fitted stays as it is here. */
  readonly base: Scenario
  readonly seed: number
  /** Worlds over which statistics are averaged: their noise adds 1/so many of the log's variance. */
  readonly worlds?: number
  readonly rounds?: number
  readonly onRound?: (round: number, rounds: number) => void
}

const WORLDS = 2
const ROUNDS = 9

/** Direct shares: who can be reached, and where people live. */
function withPeople(base: Scenario, { users }: WorldLog): Scenario {
  const share = (count: number): number => Math.round((1e4 * count) / users.length) / 1e4
  const push = share(users.filter(({ hasPush }) => hasPush).length)
  const email = share(users.filter(({ hasEmail }) => hasEmail).length)
  const zones = new Map<string, number>()
  for (const { timeZone } of users) if (timeZone !== null) zones.set(timeZone, (zones.get(timeZone) ?? 0) + 1)
  const { iosShare, pushIos, pushAndroid } = base.reach
  const odds = push / Math.max(1e-9, iosShare * pushIos + (1 - iosShare) * pushAndroid)
  const scaled = (of: number): number => Math.min(1, Math.round(1e4 * of * odds) / 1e4)
  const reach = { ...base.reach, email, pushIos: scaled(pushIos), pushAndroid: scaled(pushAndroid) }
  const known = [...zones].sort(([, a], [, b]) => b - a).map(([name, count]) => ({ name, share: share(count) }))
  return { ...base, reach, ...(known.length === 0 ? {} : { zones: known }) }
}

function checkLog({ users, days }: WorldLog): void {
  if (users.length >= 2 && days >= 2) return
  const got = `${users.length} and ${days}`
  throw new PalomaError('CALIBRATION_EMPTY', `a log must have at least 2 users and 2 days, got ${got}`)
}

interface Search {
  readonly log: WorldLog
  readonly target: Summary
  readonly options: FitOptions
}

function replays({ log, options }: Search, scenario: Scenario): readonly WorldLog[] {
  return Array.from({ length: options.worlds ?? WORLDS }, (_, i) => replayLog(log, scenario, options.seed + i))
}

function toldBy(start: Scenario, target: Summary): readonly Parameter[] {
  return PARAMETERS.filter((parameter) => whyNot(parameter, start, target) === null)
}

/** Standard errors with the worlds' own noise; first-order ones where parameters cannot be told apart. */
function errorsOf(
  parts: Search,
  { fitted, world, told }: { readonly fitted: Scenario; readonly world: Summary; readonly told: readonly Parameter[] },
): ReadonlyMap<Parameter, number> {
  const { target: log, options } = parts
  const noise = Math.sqrt(1 + 1 / (options.worlds ?? WORLDS))
  const evaluate = (scenario: Scenario): Summary => averaged(replays(parts, scenario).map(summarize))
  const errors = standardErrors(told, { scenario: fitted, log, world, evaluate })
  const firstOrder = (parameter: Parameter): number =>
    parameterError(parameter, log.get(parameter.statistic)!, parameter.get(fitted))
  return new Map(told.map((parameter, place) => [parameter, noise * (errors?.[place] ?? firstOrder(parameter))]))
}

function search(parts: Search, start: Scenario): Scenario {
  const { target, options } = parts
  const { rounds = ROUNDS, onRound } = options
  const told = toldBy(start, target)
  let scenario = start
  for (let round = 0; round < rounds; round += 1) {
    const world = averaged(replays(parts, scenario).map(summarize))
    for (const parameter of told) scenario = moved(parameter, scenario, { log: target, world, round })
    onRound?.(round + 1, rounds)
  }
  return scenario
}

function finished(scenario: Scenario, { users, days }: WorldLog): Scenario {
  const size = { users: users.length, days }
  return { ...scenario, name: `${scenario.name}-fitted`, about: 'fitted to a log', size }
}

/**
 * Fits a world's main parameters to a log by the simulated method of moments (McFadden 1989): people of the world are
 * sent what the log's users were sent, the same statistics are computed of both, and each parameter is moved by the
 * statistic that tells it, on common random numbers, until they agree. What the log cannot tell stays as in the base,
 * with the reason. Fails quietly where sends followed what the log does not show: the world's people are sent the same
 * whatever they are like. Throws CALIBRATION_EMPTY for a log of less than two users or days.
 */
export function fitWorld(original: WorldLog, options: FitOptions): WorldFit {
  checkLog(original)
  const { base } = options
  const log = mergeRareMessages(original)
  const target = summarize(log)
  const hours = fitCircadian(log, base.circadian)
  const people = withPeople({ ...base, producers: producersOf(log, base) }, log)
  const start: Scenario = hours.kind === 'fitted' ? { ...people, circadian: hours.circadian } : people
  const parts = { log, target, options }
  const fitted = search(parts, start)
  const last = replays(parts, fitted)
  const world = averaged(last.map(summarize))
  const errors = errorsOf(parts, { fitted, world, told: toldBy(start, target) })
  const parameters = PARAMETERS.map((parameter) =>
    toldParameter(
      parameter,
      { base, fitted },
      { stdError: errors.get(parameter) ?? 0, reason: whyNot(parameter, start, target) },
    ),
  )
  const peaks: readonly FittedParameter[] =
    hours.kind === 'kept'
      ? [{ kind: 'kept', path: 'circadian.peaks', value: base.circadian.peaks.length, reason: hours.reason }]
      : []
  return {
    scenario: finished(fitted, log),
    users: log.users.length,
    days: log.days,
    sends: log.sends.length,
    events: log.events.length,
    parameters: [...parameters, ...peaks],
    statistics: [...toldStatistics(target, world), ...toldDayParts(log, last)],
    remarks: remarksOn(original, log !== original),
  }
}
