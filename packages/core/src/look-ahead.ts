import {
  type Action,
  type Candidate,
  CHANNELS,
  type Channel,
  type DayWorths,
  type Decision,
  type HeadState,
  type Objective,
  type Opportunity,
  type PastSend,
  type PolicyArtifact,
  type SlowLogOdds,
  type Snapshot,
  slowOutcomesOf,
  type UserHistory,
  type ValueEstimates,
} from './domain/index.ts'
import { FATIGUE_HALF_LIFE_DAYS, FATIGUE_UNIT, type FeatureContext, type FeatureEncoder } from './features/index.ts'
import {
  advantageHeadOf,
  dayTimes,
  dayWorth,
  fatiguePrice,
  type LaterSends,
  type learnedCauses,
  outcomeHeadOf,
  pricesFatigue,
  pricesLaterReach,
  RESPONSE_HEAD,
  type ReachCost,
  reachCost,
  tiringOf,
  valueHeadOf,
} from './learning/index.ts'

type PerChannel<T> = Readonly<Partial<Record<Channel, T>>>

/** What a state knows of sends still to come, where an objective looks ahead. */
export interface LookAhead {
  readonly channels: readonly Channel[]
  /** The objective that prices lost reach by what it would still have carried; null when none does. */
  readonly reach: Objective | null
  readonly advantages: PerChannel<HeadState>
  readonly later: PerChannel<readonly LaterSends[]>
  /** Channels that show one message at a time. */
  readonly single: readonly Channel[]
}

/** Log odds that an artifact tells, and the column that they are written to. */
interface Told {
  readonly part: SlowLogOdds | undefined
  readonly column: number | null
}

/** What one unit of an input adds to log odds through the slow model, its factor included; what its layers make of the input is not seen. */
function toldWeight(
  artifact: PolicyArtifact | undefined,
  { part, column }: Told,
  { mean, input }: { readonly mean: ArrayLike<number>; readonly input: string },
): number {
  if (artifact === undefined || part === undefined || column === null) return 0
  const place = artifact.inputs.action.findIndex(({ name }) => name === input)
  return mean[column]! * (part.direct[place] ?? 0)
}

/** Lays out what a snapshot knows of sends still to come; null when no objective looks ahead. */
export function lookAheadOf(
  { objectives, state, rules, artifact }: Snapshot,
  encoder: FeatureEncoder,
): LookAhead | null {
  const reach = objectives.find(pricesLaterReach) ?? null
  const tiring = objectives.filter(pricesFatigue)
  const single = CHANNELS.filter((channel) => rules.channels[channel]?.showsOne === true)
  if (reach === null && tiring.length === 0 && single.length === 0) return null
  const channels = CHANNELS.filter((channel) => encoder.channelColumns[channel] !== undefined)
  const { answers, outcomes } = encoder.slowLogOdds
  const slopeOf = (head: string, channel: Channel, told: Told): number => {
    const column = encoder.fatigueColumns[channel]
    const mean = state.heads[head]?.mean
    if (column === undefined || mean === undefined) return 0
    return -FATIGUE_UNIT * (mean[column]! + toldWeight(artifact, told, { mean, input: encoder.actionNames[column]! }))
  }
  const laterOf = (channel: Channel): readonly LaterSends[] =>
    tiring.flatMap(({ name, weight, lookAheadDays = 0 }) => {
      const head = state.heads[valueHeadOf(name, channel)]
      const told = { part: artifact && slowOutcomesOf(artifact, name), column: outcomes[name] ?? null }
      const slope =
        slopeOf(RESPONSE_HEAD, channel, { part: artifact?.answers, column: answers }) +
        slopeOf(outcomeHeadOf(name), channel, told)
      const halfLifeDays = FATIGUE_HALF_LIFE_DAYS[channel]
      return head === undefined ? [] : [{ head, weight, tiring: tiringOf(slope, { halfLifeDays, lookAheadDays }) }]
    })
  const advantages = channels.flatMap((channel) => {
    const head = state.heads[advantageHeadOf(channel)]
    return head === undefined ? [] : [[channel, head] as const]
  })
  return {
    channels,
    reach,
    advantages: Object.fromEntries(advantages),
    later: Object.fromEntries(channels.map((channel) => [channel, laterOf(channel)])),
    single,
  }
}

type Waiting = NonNullable<PastSend['waits']>

/** What lies ahead of one user at one moment. */
export interface Ahead {
  /** What contactable days are worth; absent where they all count alike. */
  readonly dayWorths?: DayWorths
  /** By channel, what one send takes from later ones by tiring the user, on the common scale. */
  readonly fatiguePrices: PerChannel<number>
  /** By channel that shows one message at a time, the one that waits to be seen. */
  readonly waiting: PerChannel<Waiting>
}

export const NOTHING_AHEAD: Ahead = { fatiguePrices: {}, waiting: {} }

/** Looks ahead for one user, whose g(x) is `baseline`. */
export function aheadOf(
  look: LookAhead | null,
  user: { readonly context: FeatureContext; readonly history: UserHistory; readonly baseline: Float64Array },
): Ahead {
  if (look === null) return NOTHING_AHEAD
  const { context, history, baseline } = user
  const fatiguePrices: Partial<Record<Channel, number>> = {}
  const dayWorths: Partial<Record<Channel, { times: number; sd: number }>> = {}
  const waiting: Partial<Record<Channel, Waiting>> = {}
  for (const channel of look.channels) {
    const { sends28d } = context.channels[channel]
    fatiguePrices[channel] = fatiguePrice(look.later[channel] ?? [], { baseline, sends28d })
    const unseen = look.single.includes(channel) ? waitingOf(history, channel, context.now) : undefined
    if (unseen !== undefined) waiting[channel] = unseen
    if (look.reach === null) continue
    const { mean, variance } = dayWorth(look.advantages[channel], look.reach, { baseline, sends28d })
    dayWorths[channel] = { times: mean, sd: Math.sqrt(variance) }
  }
  return look.reach === null ? { fatiguePrices, waiting } : { dayWorths, fatiguePrices, waiting }
}

/** The last message of a channel if it may still be seen: it has not lapsed, and nobody came by since. */
function waitingOf({ sends, visits }: UserHistory, channel: Channel, now: number): Waiting | undefined {
  const last = sends.findLast((send) => send.channel === channel && send.at <= now)
  if (last?.waits === undefined || last.waits.until <= now) return undefined
  return visits.some((at) => at >= last.at && at <= now) ? undefined : last.waits
}

/** What a send takes from later ones, and from the message whose place it takes, on the common scale. */
export function laterPrice(
  { fatiguePrices, waiting }: Ahead,
  { channel, sendAt }: Candidate,
  offer: Opportunity,
): number {
  const tiring = fatiguePrices[channel] ?? 0
  const unseen = waiting[channel]
  if (unseen === undefined) return tiring
  const left = Math.max(0, unseen.until - sendAt) / Math.max(1, offer.window.expires - sendAt)
  return tiring + Math.max(0, unseen.worth) * Math.min(1, left)
}

/** What a send through each of these channels costs in reach, once per channel. */
export function reachCosts(
  causes: ReturnType<typeof learnedCauses>,
  { ahead, pressure }: { readonly ahead: Ahead; readonly pressure: (channel: Channel) => readonly number[] },
  sends: readonly { readonly candidate: Candidate }[],
): ReadonlyMap<Channel, ReachCost> {
  if (causes.length === 0) return NO_COSTS
  const costs = new Map<Channel, ReachCost>()
  const times = dayTimes(ahead.dayWorths)
  for (const {
    candidate: { channel },
  } of sends) {
    if (!costs.has(channel)) costs.set(channel, reachCost(causes, { channel, times }, pressure(channel)))
  }
  return costs
}

const NO_COSTS: ReadonlyMap<Channel, ReachCost> = new Map()

/**
 * By how much the score of the send in this row lies above the best that does without its channel, at least 0; then its value
 * through each objective.
 */
export function gainsOf(
  objectives: readonly Objective[],
  {
    actions,
    scores,
    values,
  }: {
    readonly actions: readonly Action[]
    readonly scores: ArrayLike<number>
    readonly values: Readonly<Record<string, ValueEstimates>>
  },
  { row, channel }: { readonly row: number; readonly channel: Channel },
): readonly number[] {
  let best = 0 // of `hold`
  for (let i = 0; i < actions.length; i += 1) {
    const action = actions[i]!
    if (action.kind === 'send' && action.channel !== channel && scores[i]! > best) best = scores[i]!
  }
  return [Math.max(0, scores[row]! - best), ...objectives.map(({ name }) => values[name]?.mean[row] ?? 0)]
}

/** Where the chosen send takes the one place of its channel: what it is worth before prices, and when it lapses. */
export function waitsOf(
  look: LookAhead | null,
  {
    actions,
    scores,
    prices,
  }: { readonly actions: readonly Action[]; readonly scores: ArrayLike<number>; readonly prices: ArrayLike<number> },
  { chosen, opportunities }: { readonly chosen: number; readonly opportunities: readonly Opportunity[] },
): Pick<Decision, 'waits'> {
  const action = actions[chosen]!
  if (look === null || action.kind === 'hold' || !look.single.includes(action.channel)) return {}
  const offer = opportunities.find(({ id }) => id === action.opportunityId)
  if (offer === undefined) return {}
  return { waits: { until: offer.window.expires, worth: scores[chosen]! + prices[chosen]! } }
}
