import type { Scenario, WorldChannel } from '../scenario.ts'
import type { Statistic } from './statistic.ts'
import type { StatisticName } from './summarize.ts'

/** One parameter of a world and the statistic that tells it. */
export interface Parameter {
  /** Where it stands in the scenario, e.g. `channels.push.openLogit`. */
  readonly path: string
  readonly statistic: StatisticName
  readonly min: number
  readonly max: number
  readonly get: (scenario: Scenario) => number
  readonly set: (scenario: Scenario, value: number) => Scenario
  /**
   * By how much the parameter must rise for the statistic to get from `from` to `to`, to first order. Exact steps are not needed: the fit
   * repeats them.
   */
  readonly step: (change: { readonly from: number; readonly to: number; readonly at: number }) => number
  /** Most that the fit moves it at once. */
  readonly maxMove?: number
  /** Fewest events behind the statistic. */
  readonly minEvents: number
  /**
   * A fitted value whose standard error is larger than this says nothing, unless `isToldBySign` and the
   * statistic lies three of its standard errors from 0.
   */
  readonly maxStdError: (at: number) => number
  readonly isToldBySign?: true
}

const FEW_EVENTS = 20
const FEW_SLOPE_EVENTS = 100

function logitOf(p: number): number {
  const kept = Math.min(1 - 1e-6, Math.max(1e-6, p))
  return Math.log(kept / (1 - kept))
}

const byLogit: Parameter['step'] = ({ from, to }) => logitOf(to) - logitOf(from)
const byFactor: Parameter['step'] = ({ from, to, at }) => at * (Math.max(1e-9, to) / Math.max(1e-9, from) - 1)

type Channel = 'push' | 'email'

function withChannel(
  scenario: Scenario,
  channel: WorldChannel,
  change: Partial<Scenario['channels'][WorldChannel]>,
): Scenario {
  return { ...scenario, channels: { ...scenario.channels, [channel]: { ...scenario.channels[channel], ...change } } }
}

type ChannelMember = keyof Scenario['channels'][WorldChannel]

function ofChannel(
  channel: WorldChannel,
  member: ChannelMember,
  rest: Omit<Parameter, 'path' | 'get' | 'set'>,
): Parameter {
  return {
    path: `channels.${channel}.${member}`,
    get: (scenario) => scenario.channels[channel][member],
    set: (scenario, value) => withChannel(scenario, channel, { [member]: value }),
    ...rest,
  }
}

const loose = (): number => 0.5
const LOGIT = { min: -12, max: 12, step: byLogit, minEvents: FEW_EVENTS, maxStdError: loose }
const relative = (at: number): number => 0.5 * Math.abs(at)

function visitParameter(member: keyof Scenario['visit'], rest: Omit<Parameter, 'path' | 'get' | 'set'>): Parameter {
  return {
    path: `visit.${member}`,
    get: (scenario) => scenario.visit[member],
    set: (scenario, value) => ({ ...scenario, visit: { ...scenario.visit, [member]: value } }),
    ...rest,
  }
}

function orderParameter(member: keyof Scenario['order'], rest: Omit<Parameter, 'path' | 'get' | 'set'>): Parameter {
  return {
    path: `order.${member}`,
    get: (scenario) => scenario.order[member],
    set: (scenario, value) => ({ ...scenario, order: { ...scenario.order, [member]: value } }),
    ...rest,
  }
}

const VISITS: readonly Parameter[] = [
  visitParameter('logit', { ...LOGIT, statistic: 'active days per day' }),
  visitParameter('logitSd', {
    statistic: 'spread of active days',
    min: 0,
    max: 4,
    step: byFactor,
    minEvents: 200,
    maxStdError: loose,
  }),
  visitParameter('driftPerDay', {
    statistic: 'trend of active days',
    min: -0.05,
    max: 0.05,
    // A change of the logit by d moves an activity of about .2 by d × .2 × .8.
    step: ({ from, to }) => (to - from) / 0.16,
    minEvents: 500,
    maxStdError: () => 0.002,
  }),
  visitParameter('weekendLogit', {
    statistic: 'weekend minus weekday activity',
    min: -3,
    max: 3,
    step: ({ from, to }) => (to - from) / 0.16,
    minEvents: 500,
    maxStdError: () => 0.15,
  }),
]

const ORDERS: readonly Parameter[] = [
  orderParameter('logit', { ...LOGIT, statistic: 'orders per day' }),
  orderParameter('meanValue', {
    statistic: 'order value',
    min: 0.01,
    max: 1_000_000,
    step: byFactor,
    minEvents: FEW_EVENTS,
    maxStdError: relative,
  }),
  orderParameter('valueSdLog', {
    statistic: 'order value spread between users',
    min: 0.01,
    max: 3,
    step: byFactor,
    minEvents: 200,
    maxStdError: () => 0.2,
  }),
  orderParameter('revenueSdLog', {
    statistic: 'order value spread within users',
    min: 0.01,
    max: 3,
    step: byFactor,
    minEvents: 200,
    maxStdError: () => 0.2,
  }),
]

const HAZARD = { min: 1e-7, max: 0.3, step: byFactor, minEvents: FEW_EVENTS, maxStdError: relative }

/** How much of the pressure counted as recent is still felt, roughly. */
const FELT = 0.75

function fatigue(channel: Channel, usualResponse: number): Parameter {
  return ofChannel(channel, 'fatigueWeight', {
    statistic: `${channel} response per recent send`,
    min: 0,
    max: 3,
    step: ({ from, to }) => (from - to) / (FELT * usualResponse * (1 - usualResponse)),
    minEvents: FEW_SLOPE_EVENTS,
    maxStdError: () => 0.05,
    isToldBySign: true,
  })
}

function halfLife(channel: Channel): Parameter {
  return ofChannel(channel, 'fatigueHalfLifeDays', {
    statistic: `${channel} response per older send`,
    min: 0.5,
    max: 30,
    // What is felt of a send five days old, .5^(5/h), moves by about .1 per day of half-life.
    step: ({ from, to }) => (from - to) / 0.001,
    maxMove: 2,
    minEvents: FEW_SLOPE_EVENTS,
    maxStdError: (at) => 0.4 * at,
  })
}

/** Parameters of a channel that a log may tell, and what tells each. */
function channelParameters(channel: Channel): readonly Parameter[] {
  const isPush = channel === 'push'
  return [
    ofChannel(channel, 'openLogit', { ...LOGIT, statistic: isPush ? 'push tapped per send' : 'email opened per send' }),
    ofChannel(channel, 'optOutHazard', {
      ...HAZARD,
      statistic: isPush ? 'push disabled per send' : 'unsubscribed per email',
    }),
    ofChannel(channel, 'influence', {
      statistic: `visits brought per ${channel}`,
      min: 0,
      max: 0.8,
      // Part of the visits would have come anyway, and part fall on the day after.
      step: ({ from, to }) => 1.8 * (to - from),
      minEvents: 500,
      maxStdError: () => 0.03,
    }),
    fatigue(channel, isPush ? 0.04 : 0.2),
    halfLife(channel),
    ofChannel(channel, 'openMedianMinutes', {
      statistic: isPush ? 'push minutes to tap, log' : 'email minutes to open, log',
      min: 0.1,
      max: 10_000,
      step: ({ from, to, at }) => at * (Math.exp(to - from) - 1),
      minEvents: FEW_EVENTS,
      maxStdError: relative,
    }),
  ]
}

const UNINSTALL: Parameter = {
  path: 'harm.uninstall',
  get: (scenario) => scenario.harm.uninstall,
  set: (scenario, value) => ({ ...scenario, harm: { ...scenario.harm, uninstall: value } }),
  ...HAZARD,
  statistic: 'uninstalled per send',
}

/** What is fitted, in the order of reports. */
export const PARAMETERS: readonly Parameter[] = [
  ...VISITS,
  ...ORDERS,
  ...channelParameters('push'),
  ...channelParameters('email'),
  ofChannel('email', 'clickLogit', { ...LOGIT, statistic: 'email clicked per open' }),
  ofChannel('in-app', 'openLogit', { ...LOGIT, statistic: 'in-app reacted per view' }),
  UNINSTALL,
]

/** The parameter's standard error, to first order, from the statistic's. */
export function parameterError(parameter: Parameter, { value, stdError }: Statistic, at: number): number {
  const up = parameter.step({ from: value, to: value + stdError, at })
  const down = parameter.step({ from: value, to: value - stdError, at })
  return (Math.abs(up) + Math.abs(down)) / 2
}
