import {
  CHANNELS,
  type Channel,
  type DayWorths,
  factorSdOf,
  type HeadState,
  type Objective,
  type PolicyArtifact,
  type PolicyState,
  PRESSURE_NAMES,
  type ReachLoss,
  slowLossesOf,
  type ToldLoss,
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
/** What the pattern of another cause of the same channel may say of one of which no artifact speaks. */
const OTHER_PATTERN_SD = 0.1

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

/** What is believed of a cause before anybody left: the usual rate, growing with pressure; `patterns` of other causes follow. */
export function priorLossHead({ rate }: Pick<LossCause, 'rate'>, patterns = 0): HeadState {
  const mean = PRIOR_MEAN.map((weight, i) => (i === 0 ? weight + Math.log(rate / (1 - rate)) : weight))
  const others = Array.from({ length: patterns }, () => 0)
  const sds = [...PRIOR_SD, ...others.map(() => OTHER_PATTERN_SD)]
  return createLogisticHead({ mean: [...mean, ...others], variance: sds.map((sd) => sd * sd) })
}

/** Weights of an artifact along `PRESSURE_NAMES` as they count: but for the level, from 0; 0 where it does not name one. */
export function pressureWeights({ inputs }: Pick<PolicyArtifact, 'inputs'>, { told }: ToldLoss): readonly number[] {
  return PRESSURE_NAMES.map((name, i) => {
    const weight = told.pressure[inputs.pressure?.findIndex((input) => input.name === name) ?? -1] ?? 0
    return i === 0 ? weight : Math.max(0, weight)
  })
}

/** The same of a cause of which an artifact speaks: as it says, its pattern up to a factor. */
function slowLossHead(artifact: PolicyArtifact, told: readonly ToldLoss[], place: number): HeadState {
  const loss = told[place]!
  const { levelSd, residualSd } = loss.told
  const own = (k: number): boolean => k === place
  const mean = [...pressureWeights(artifact, loss), ...told.map((_, k) => (own(k) ? 1 : 0))]
  const sds = [
    ...PRESSURE_NAMES.map((_, i) => (i === 0 ? levelSd : residualSd)),
    ...told.map((_, k) => (own(k) ? factorSdOf(loss.told) : residualSd)),
  ]
  return createLogisticHead({ mean, variance: sds.map((sd) => sd * sd) })
}

/** Heads of all causes before anybody left, by name. */
export function priorLossHeads(
  channels: readonly Channel[],
  artifact: PolicyArtifact | undefined,
): Readonly<Record<string, HeadState>> {
  const told = slowLossesOf(artifact)
  return Object.fromEntries(
    lossCausesOf(channels).map((cause) => {
      const ofChannel = told.filter(({ channel }) => channel === cause.channel)
      const place = ofChannel.findIndex((loss) => loss.cause === cause.cause)
      const isTold = artifact !== undefined && place >= 0
      return [cause.head, isTold ? slowLossHead(artifact, ofChannel, place) : priorLossHead(cause, ofChannel.length)]
    }),
  )
}

/** The chance of a loss and the variance of its log odds. Weights on pressure count from 0, those on patterns do not: more pressure never makes it safer. */
export function lossChance(
  head: HeadState,
  pressure: readonly number[],
): { readonly chance: number; readonly variance: number } {
  let logOdds = head.mean[0]! * pressure[0]!
  let variance = 0
  for (let i = 1; i < pressure.length; i++) {
    const weight = head.mean[i]!
    logOdds += (i < PRESSURE_NAMES.length ? Math.max(0, weight) : weight) * pressure[i]!
  }
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
