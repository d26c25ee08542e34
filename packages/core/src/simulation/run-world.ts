import { DAY_MS, type EpochMs, type Opportunity } from '../domain/index.ts'
import type { Emit, HappeningKind } from './happening.ts'
import { WORLD_CHANNELS, type WorldChannel } from './scenario.ts'
import type { DaySpan, World } from './world.ts'
import type { UserRange } from './world-state.ts'
import type { WorldUser } from './world-user.ts'

/** What a policy sees on one user's day; nothing of it is a latent. */
export interface RunContext {
  readonly day: number
  readonly user: WorldUser
  /** Open service and marketing opportunities, oldest first. */
  readonly offers: readonly Opportunity[]
  /** Channels that still reach the user. */
  readonly channels: readonly WorldChannel[]
  /** Days since the last optimised send; Infinity before the first. */
  readonly daysSinceSend: number
}

/** One send today at a local hour. */
export interface RunSend {
  readonly offer: Opportunity
  readonly channel: WorldChannel
  readonly variant: string
  readonly localHour: number
}

/** Chooses for one user and day; null holds. */
export type Choose = (context: RunContext) => RunSend | null

/** What became of every user by the end of the last day; arrays are users long. */
export interface RunTotals {
  /** Order revenue plus visits × value per visit. */
  readonly value: Float64Array
  readonly orders: Float64Array
  /** Human opens, taps, clicks and in-app reactions. */
  readonly engagement: Float64Array
  readonly activeDays: Float64Array
  /** Share of the channels open at the start (in-app always is) which are open at the end. */
  readonly reachLeft: Float64Array
  /** Unsubscribed, push disabled, spam reports, uninstalls. */
  readonly optOuts: Float64Array
  /** Sends that were chosen; transactional ones are not. */
  readonly sends: Float64Array
  /** 1 while push reaches the user at the end, else 0; its mean is the push reach of all users. */
  readonly pushReach: Float64Array
  /** 1 while e-mail reaches the user at the end, else 0. */
  readonly emailReach: Float64Array
}

/** Listens to a run beside its totals: to measure by day, or to write a log. */
export interface RunObserver {
  /** Everything that happens, also what lies after the last day, in no particular order. */
  readonly onHappening?: Emit
  /** Every send of the policy, before what follows from it. */
  readonly onSend?: (send: RunSend & { readonly userIndex: number; readonly day: number }) => void
  /** The evening of a range of users; `world.isReachable` tells who is still there. */
  readonly onEvening?: (span: DaySpan) => void
}

/** What counts as engagement: a person's open, tap, click or reaction. */
export const ENGAGEMENT: ReadonlySet<HappeningKind> = new Set([
  'emailOpened',
  'emailClicked',
  'pushTapped',
  'inAppClicked',
])
/** What loses a channel or the application. */
export const OPT_OUTS: ReadonlySet<HappeningKind> = new Set([
  'emailUnsubscribed',
  'emailSpam',
  'pushDisabled',
  'uninstalled',
])
const TRANSACTIONAL_HOUR = 9

function emptyTotals(users: number): RunTotals {
  const zeros = (): Float64Array => new Float64Array(users)
  return {
    value: zeros(),
    orders: zeros(),
    engagement: zeros(),
    activeDays: zeros(),
    reachLeft: zeros(),
    optOuts: zeros(),
    sends: zeros(),
    pushReach: zeros(),
    emailReach: zeros(),
  }
}

function tally(world: World, totals: RunTotals, { from, to }: UserRange): Emit {
  const { startAt, days, scenario } = world.options
  const active = new Uint8Array((to - from) * days)
  return ({ kind, userIndex: user, at, revenue }) => {
    const day = Math.floor((at - startAt) / DAY_MS)
    if (day >= days) return
    if (kind === 'visit') {
      totals.value[user]! += scenario.valuePerVisit
      const entry = (user - from) * days + day
      if (active[entry] === 0) totals.activeDays[user]! += 1
      active[entry] = 1
    } else if (kind === 'order') {
      totals.value[user]! += revenue
      totals.orders[user]! += 1
    } else if (ENGAGEMENT.has(kind)) totals.engagement[user]! += 1
    else if (OPT_OUTS.has(kind)) totals.optOuts[user]! += 1
  }
}

function openChannels(world: World, user: number): readonly WorldChannel[] {
  return WORLD_CHANNELS.filter((channel) => world.isReachable(user, channel))
}

/** The first moment from the offer's opening, on that world day or the next, at which the user's clock shows the hour. */
export function sendMoment(world: World, send: Pick<RunSend, 'offer' | 'localHour'>, day: number): EpochMs {
  const at = world.momentAt(Number(send.offer.userId.slice(1)), day, send.localHour)
  return at < send.offer.window.notBefore ? at + DAY_MS : at
}

function sendNow(world: World, send: RunSend & { readonly user: number; readonly day: number }, emit: Emit): void {
  const { offer, channel, variant, user, day } = send
  world.direct.deliver(
    {
      userIndex: user,
      channel,
      message: offer.message,
      variant,
      opportunityId: offer.id,
      decisionId: offer.id,
      at: sendMoment(world, send, day),
      category: offer.category,
    },
    emit,
  )
}

function sendTransactional(world: World, offer: Opportunity, at: { user: number; day: number; emit: Emit }): void {
  const channel = offer.channels
    .map((name) => WORLD_CHANNELS.find((known) => known === name))
    .find((name) => name !== undefined && world.isReachable(at.user, name))
  const variant = offer.variants[0]!.name
  if (channel !== undefined) sendNow(world, { offer, channel, variant, localHour: TRANSACTIONAL_HOUR, ...at }, at.emit)
}

interface Desk {
  readonly world: World
  readonly choose: Choose
  readonly totals: RunTotals
  readonly emit: Emit
  readonly observer: RunObserver
  readonly open: (readonly Opportunity[])[]
  readonly lastSendDay: Float64Array
}

const NONE: readonly Opportunity[] = []

function receive(desk: Desk, span: DaySpan): void {
  const { day } = span
  for (const offer of desk.world.direct.opportunitiesOf(span)) {
    const user = Number(offer.userId.slice(1))
    if (offer.category === 'transactional') sendTransactional(desk.world, offer, { user, day, emit: desk.emit })
    else desk.open[user] = [...desk.open[user]!, offer]
  }
}

function serve(desk: Desk, user: number, day: number): void {
  const { world, open, totals, lastSendDay } = desk
  if (open[user]!.length === 0) return
  const dawn = world.options.startAt + day * DAY_MS
  const offers = open[user]!.filter((offer) => offer.window.expires > dawn + DAY_MS)
  open[user] = offers.length === 0 ? NONE : offers
  const channels = openChannels(world, user)
  if (offers.length === 0 || channels.length === 0) return
  const daysSinceSend = day - lastSendDay[user]!
  const send = desk.choose({ day, user: world.users[user]!, offers, channels, daysSinceSend })
  if (send === null) return
  open[user] = offers.filter((offer) => offer !== send.offer)
  lastSendDay[user] = day
  totals.sends[user]! += 1
  desk.observer.onSend?.({ ...send, userIndex: user, day })
  sendNow(world, { ...send, user, day }, desk.emit)
}

function liveDay(desk: Desk, span: DaySpan): void {
  receive(desk, span)
  for (let user = span.from; user < span.to; user += 1) serve(desk, user, span.day)
  desk.world.direct.closeDay(span, desk.emit)
  desk.observer.onEvening?.(span)
}

/** How a run goes through its users. */
export interface RunOptions {
  /**
   * So many users live through all days before the next ones do; all at once by default. Small blocks keep memory low and
   * large runs fast, but a policy that learns from one user for another must see the days in order: leave it out there.
   */
  readonly blockUsers?: number
  /** Only these users live; the others' totals stay 0. All by default. */
  readonly range?: UserRange
  readonly observer?: RunObserver
}

function both(first: Emit, second: Emit | undefined): Emit {
  if (second === undefined) return first
  return (happening) => {
    first(happening)
    second(happening)
  }
}

/**
 * Runs a world in memory from its first morning: every day new proposals, at most one chosen send per user, and the
 * natural day. Transactional messages go out by themselves under every policy. Only what happens before the end of the
 * last day counts. Two runs share every draw, so compare them per user with `pairedDifference`.
 */
export function runWorld(world: World, choose: Choose, options: RunOptions = {}): RunTotals {
  world.direct.reset()
  const { users, days } = world.options
  const blockUsers = options.blockUsers ?? users
  const totals = emptyTotals(users)
  const { observer = {}, range = { from: 0, to: users } } = options
  const emit = both(tally(world, totals, range), observer.onHappening)
  const open = new Array<readonly Opportunity[]>(users).fill(NONE)
  const lastSendDay = new Float64Array(users).fill(-Infinity)
  const desk: Desk = { world, choose, totals, emit, observer, open, lastSendDay }
  for (let { from } = range; from < range.to; from += blockUsers) {
    const to = Math.min(range.to, from + blockUsers)
    const atStart = Array.from({ length: to - from }, (_, place) => openChannels(world, from + place).length)
    for (let day = 0; day < days; day += 1) liveDay(desk, { day, from, to })
    for (let user = from; user < to; user += 1) {
      totals.reachLeft[user] = openChannels(world, user).length / atStart[user - from]!
      totals.pushReach[user] = world.isReachable(user, 'push') ? 1 : 0
      totals.emailReach[user] = world.isReachable(user, 'email') ? 1 : 0
      open[user] = NONE
    }
  }
  return totals
}

/** Mean per-user difference a − b with its standard error; users must run parallel. */
export function pairedDifference(
  a: Float64Array,
  b: Float64Array,
): { readonly mean: number; readonly standardError: number } {
  const differences = a.map((value, user) => value - b[user]!)
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length
  const squares = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, standardError: Math.sqrt(squares / (differences.length - 1) / differences.length) }
}
