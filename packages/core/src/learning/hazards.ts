import {
  CHANNELS,
  type Channel,
  type DayWorths,
  type HeadState,
  type Objective,
  type PolicyState,
  type ReachLoss,
} from '../domain/index.ts'
import { chanceOf, createLogisticHead } from './logistic-head.ts'

/** Ways in which a send can lose a channel, with the share of sends that did before anything was seen. */
const CAUSES: readonly { readonly channel: Channel; readonly cause: ReachLoss; readonly rate: number }[] = [
  { channel: 'push', cause: 'push-disabled', rate: 0.004 },
  { channel: 'push', cause: 'uninstalled', rate: 0.0005 },
  { channel: 'email', cause: 'unsubscribed', rate: 0.0025 },
  { channel: 'email', cause: 'complained', rate: 0.00012 },
  { channel: 'email', cause: 'uninstalled', rate: 0.0003 },
  { channel: 'in-app', cause: 'uninstalled', rate: 0.0001 },
  { channel: 'sms', cause: 'unsubscribed', rate: 0.005 },
  { channel: 'sms', cause: 'complained', rate: 0.0002 },
  { channel: 'webhook', cause: 'unsubscribed', rate: 0.001 },
]
/** An application that is gone takes push and in-app messages with it. */
const GONE_WITH_APPLICATION: readonly Channel[] = ['push', 'in-app']

/** The channels that are lost when somebody leaves one in this way. */
export function channelsLost(cause: ReachLoss, channel: Channel): readonly Channel[] {
  return cause === 'uninstalled' ? GONE_WITH_APPLICATION : [channel]
}

/** What a contactable day on a channel is worth, × that of a usual one. */
export type DayTimes = Readonly<Partial<Record<Channel, number>>>

/** The worth of days without its uncertainty. */
export function dayTimes(worths: DayWorths = {}): DayTimes {
  const times: Partial<Record<Channel, number>> = {}
  for (const channel of CHANNELS) {
    const worth = worths[channel]
    if (worth !== undefined) times[channel] = worth.times
  }
  return times
}

/** How many usual channels these are worth. */
export function usualChannels(channels: readonly Channel[], times: DayTimes): number {
  let sum = 0
  for (const channel of channels) sum += times[channel] ?? 1
  return sum
}

/** Prior on log odds along `PRESSURE_NAMES`: the rates above are of users with some fatigue, hence the first is lower. */
const PRIOR_MEAN = [-0.4, 0.4, 0.1, 0.1, 0.3]
const PRIOR_SD = [0.7, 0.2, 0.1, 0.15, 0.3]

/** One cause of one channel, and where its head stands in a state. */
export interface LossCause {
  readonly channel: Channel
  readonly cause: ReachLoss
  /** Share of sends that led to it before anything was seen. */
  readonly rate: number
  readonly head: string
  readonly lost: readonly Channel[]
}

/** Every cause for channels that are used, in a fixed order. */
export function lossCausesOf(channels: readonly Channel[]): readonly LossCause[] {
  return CAUSES.filter(({ channel }) => channels.includes(channel)).map(({ channel, cause, rate }) => {
    return { channel, cause, rate, head: `send/loss/${channel}/${cause}`, lost: channelsLost(cause, channel) }
  })
}

/** What is believed of a cause before anybody left: the usual rate, growing with pressure. */
export function priorLossHead({ rate }: Pick<LossCause, 'rate'>): HeadState {
  const mean = PRIOR_MEAN.map((weight, i) => (i === 0 ? weight + Math.log(rate / (1 - rate)) : weight))
  return createLogisticHead({ mean, variance: PRIOR_SD.map((sd) => sd * sd) })
}

/** The chance of a loss and the variance of its log odds. Weights on pressure count from 0: more never makes it safer. */
export function lossChance(
  head: HeadState,
  pressure: readonly number[],
): { readonly chance: number; readonly variance: number } {
  let logOdds = head.mean[0]! * pressure[0]!
  let variance = 0
  for (let i = 1; i < pressure.length; i++) logOdds += Math.max(0, head.mean[i]!) * pressure[i]!
  for (let i = 0, k = 0; i < pressure.length; i++) {
    for (let j = 0; j <= i; j++, k++) variance += (i === j ? 1 : 2) * head.covariance[k]! * pressure[i]! * pressure[j]!
  }
  return { chance: chanceOf(logOdds), variance }
}

/** What one send on a channel is expected to cost in reach. */
export interface ReachCost {
  readonly losses: Readonly<Partial<Record<ReachLoss, number>>>
  /** Expected channels lost, as usual ones are worth, and the variance of that expectation. */
  readonly mean: number
  readonly variance: number
}

/**
 * Competing risks of one send: each cause has its own small hazard, learned from every send, and they add up because
 * they are rare (Prentice et al. 1978). Fails where causes follow each other, and where leaving takes longer than the
 * objective's window.
 */
export function reachCost(
  causes: readonly (LossCause & { readonly state: HeadState })[],
  { channel, times }: { readonly channel: Channel; readonly times: DayTimes },
  pressure: readonly number[],
): ReachCost {
  const losses: Partial<Record<ReachLoss, number>> = {}
  let [mean, variance] = [0, 0]
  for (const cause of causes) {
    if (cause.channel !== channel) continue
    const { chance, variance: spread } = lossChance(cause.state, pressure)
    losses[cause.cause] = chance
    const lost = usualChannels(cause.lost, times)
    mean += chance * lost
    variance += (chance * lost) ** 2 * spread
  }
  return { losses, mean, variance }
}

/** Whether lost reach is counted by hazards. */
export function isHazard({ model }: Pick<Objective, 'model'>): boolean {
  return model === 'hazard'
}

/** The causes with what a state has learned of them. */
export function learnedCauses(state: PolicyState): readonly (LossCause & { readonly state: HeadState })[] {
  return lossCausesOf(CHANNELS).flatMap((cause) => {
    const head = state.heads[cause.head]
    return head === undefined ? [] : [{ ...cause, state: head }]
  })
}
