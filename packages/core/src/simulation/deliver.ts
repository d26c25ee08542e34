import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../domain/index.ts'
import { PURPOSE } from './draws.ts'
import type { Cause, Emit, HappeningKind } from './happening.ts'
import type { Kernel } from './kernel.ts'
import type { Proposal } from './proposal.ts'
import { fatigueOf, type Response, responseTo, variantOf } from './response.ts'
import type { WorldChannel } from './scenario.ts'

/** One message on its way to a user of the world. */
export interface Delivery {
  readonly proposal: Proposal
  readonly opportunityId: string
  readonly channel: WorldChannel
  readonly at: EpochMs
  readonly cause: Cause
}

const DELAY_SPREAD_LOG = 1.2
const MINUTES_IN_SESSION = 12
const DEAD_ADDRESS_MINUTES = 2
const MACHINE_OPEN_MINUTES = 3

/** Everything a step of a delivery needs; the uniform is keyed by the send's day, family and channel. */
interface Step {
  readonly kernel: Kernel
  readonly delivery: Delivery
  readonly emit: Emit
  readonly response: Response
  readonly uniform: (purpose: number) => number
}

/** Whether the channel still reaches the user, as the world knows it. */
export function isReachable({ state }: Kernel, user: number, channel: WorldChannel): boolean {
  if (channel === 'email') return state.emailOn[user] === 1
  return state.installed[user] === 1 && (channel === 'in-app' || state.pushOn[user] === 1)
}

function tell(step: Step, kind: HappeningKind, at: EpochMs): void {
  const { delivery, emit } = step
  emit({ kind, userIndex: delivery.proposal.userIndex, at, revenue: 0, cause: delivery.cause, key: '' })
}

/** What an order brings: lognormal around the user's mean, in hundredths. */
export function revenueOf({ scenario, latents }: Kernel, user: number, normal: number): number {
  const spread = scenario.order.revenueSdLog
  return Math.round(100 * latents.orderValue[user]! * Math.exp(spread * normal - (spread * spread) / 2)) / 100
}

/** Minutes or days after the visit at which the order is placed: in the session, or exponentially later. */
export function orderDelayMs({ scenario }: Kernel, u: number): number {
  const { delayedShare, delayMeanDays } = scenario.order
  if (u >= delayedShare) return MINUTES_IN_SESSION * MINUTE_MS
  return 2 * HOUR_MS - Math.log((u + 1e-9) / delayedShare) * delayMeanDays * DAY_MS
}

/** Books an order: it satisfies the wish to order for weeks, the more the likelier the user would have ordered anyway. */
export function bookOrder(kernel: Kernel, user: number, at: EpochMs): void {
  const { state, latents, clock } = kernel
  state.satisfied[user]! += (1 - state.satisfied[user]!) * latents.substitution[user]!
  state.lastOrderDay[user] = clock.dayOf(at)
}

/** What an open adds to habit, at most up to 1; a shift may make opens of a family wear it down, at most to −1. */
export function growHabit({ state, scenario, shifts, clock }: Kernel, proposal: Proposal, at: EpochMs): void {
  const { userIndex: user, family } = proposal
  const gain = scenario.habit.perOpen * shifts.of(clock.dayOf(at), family).habit
  const habit = state.habit[user]!
  state.habit[user] = gain >= 0 ? habit + gain * (1 - habit) : Math.max(-1, habit + gain)
}

function visitByMessage(step: Step, at: EpochMs, isTracked: boolean): void {
  const { kernel, delivery, response } = step
  const { state, scenario } = kernel
  const { userIndex: user, day, family } = delivery.proposal
  const key = isTracked ? '' : `${day}.${family}.${delivery.channel}.influence`
  const cause = isTracked ? delivery.cause : null
  step.emit({ kind: 'visit', userIndex: user, at, revenue: 0, cause, key })
  state.pulledForward[user]! += (1 - state.pulledForward[user]!) * scenario.pullForward.share
  state.lastVisitDay[user] = Math.max(state.lastVisitDay[user]!, kernel.clock.dayOf(at))
  if (step.uniform(PURPOSE.sendOrder) >= response.order) return
  const delay = orderDelayMs(kernel, step.uniform(PURPOSE.sendOrderDelay))
  const normal = kernel.draws.normal(user, kernel.clock.dayOf(delivery.at), PURPOSE.sendRevenue + family)
  const isInSession = delay < HOUR_MS
  step.emit({
    kind: 'order',
    userIndex: user,
    at: at + delay,
    revenue: revenueOf(kernel, user, normal),
    cause: isInSession ? cause : null,
    key: isInSession ? key : `${day}.${family}.${delivery.channel}.later`,
  })
  bookOrder(kernel, user, at + delay)
}

function openedAt(step: Step): EpochMs {
  const { kernel, delivery } = step
  const { userIndex: user, family } = delivery.proposal
  const normal = kernel.draws.normal(user, kernel.clock.dayOf(delivery.at), PURPOSE.openDelay + family)
  const minutes = kernel.scenario.channels[delivery.channel].openMedianMinutes * Math.exp(DELAY_SPREAD_LOG * normal)
  return delivery.at + Math.min(3 * DAY_MS, minutes * MINUTE_MS)
}

function open(step: Step, at: EpochMs): void {
  const { kernel, delivery, response } = step
  growHabit(kernel, delivery.proposal, delivery.at)
  if (delivery.channel === 'email') {
    tell(step, 'emailOpened', at)
    if (step.uniform(PURPOSE.click) >= response.clickGivenOpen) return
    tell(step, 'emailClicked', at + MINUTE_MS)
  } else {
    tell(step, 'pushTapped', at)
  }
  visitByMessage(step, at + 2 * MINUTE_MS, true)
}

function ignore(step: Step): void {
  const { kernel, delivery, response } = step
  const { channel, proposal } = delivery
  const user = proposal.userIndex
  const isMarketing = kernel.scenario.producers[proposal.family]!.category !== 'transactional'
  if (isMarketing) kernel.state.irritation[user]! += kernel.latents.irritation[user]! * fatigueOf(kernel, user, channel)
  if (step.uniform(PURPOSE.influence) >= response.influence) return
  const wait = (0.5 + 20 * step.uniform(PURPOSE.influenceDelay)) * HOUR_MS
  visitByMessage(step, delivery.at + wait, false)
}

function leave(step: Step, at: EpochMs, wasOpened: boolean): void {
  const { kernel, delivery, response } = step
  const { state, scenario } = kernel
  const user = delivery.proposal.userIndex
  const share = wasOpened ? scenario.harm.openedShare : 1
  if (step.uniform(PURPOSE.optOut) < response.optOut * share) {
    if (delivery.channel === 'email') state.emailOn[user] = 0
    else state.pushOn[user] = 0
    tell(step, delivery.channel === 'email' ? 'emailUnsubscribed' : 'pushDisabled', at)
  } else if (delivery.channel === 'email' && step.uniform(PURPOSE.complaint) < scenario.harm.complaint * share) {
    state.emailOn[user] = 0
    tell(step, 'emailSpam', at)
  }
  if (state.installed[user] === 1 && step.uniform(PURPOSE.uninstall) < response.uninstall * share) {
    state.installed[user] = 0
    state.waiting[user] = null
    tell(step, 'uninstalled', at + MINUTE_MS)
  }
}

/** Loses a send to a dead address or a passing failure. Answers whether it was lost. */
function isLost(step: Step): boolean {
  const { kernel, delivery } = step
  const user = delivery.proposal.userIndex
  if (delivery.channel === 'email' && kernel.latents.deadAddress[user] === 1) {
    tell(step, 'emailBounced', delivery.at + DEAD_ADDRESS_MINUTES * MINUTE_MS)
    return true
  }
  return step.uniform(PURPOSE.failed) < kernel.scenario.channels[delivery.channel].failure
}

function putInApp(step: Step): void {
  const { kernel, delivery } = step
  kernel.state.waiting[delivery.proposal.userIndex] = {
    opportunityId: delivery.opportunityId,
    decisionId: delivery.cause.decisionId,
    variant: delivery.cause.variant,
    message: delivery.cause.message,
    from: delivery.at,
    expires: delivery.proposal.expires,
  }
}

function tire(step: Step): void {
  const { kernel, delivery } = step
  const { state, scenario, families } = kernel
  const { userIndex: user, family } = delivery.proposal
  state.novelty[user * families + family]! += 1
  if (scenario.producers[family]!.category === 'transactional') return
  if (delivery.channel === 'email') state.fatigueEmail[user]! += 1
  else state.fatiguePush[user]! += 1
}

function arrive(step: Step): void {
  const { kernel, delivery, response, uniform } = step
  const { proposal, channel } = delivery
  tell(step, channel === 'email' ? 'emailDelivered' : 'pushReceived', delivery.at + 1000)
  if (channel === 'email' && kernel.latents.mailProxy[proposal.userIndex] === 1) {
    tell(step, 'emailMachineOpened', delivery.at + MACHINE_OPEN_MINUTES * MINUTE_MS)
  }
  const at = openedAt(step)
  const wasOpened = uniform(PURPOSE.open) < response.open
  tire(step)
  if (wasOpened) open(step, at)
  else ignore(step)
  leave(step, wasOpened ? at + 5 * MINUTE_MS : at, wasOpened)
}

/** Lets one message reach its user and emits what follows; changes the state. Nothing happens on a closed channel. */
export function deliverMessage(kernel: Kernel, delivery: Delivery, emit: Emit): void {
  const { proposal, channel } = delivery
  variantOf(kernel.scenario.producers[proposal.family]!, delivery.cause.variant)
  if (!isReachable(kernel, proposal.userIndex, channel)) return
  const response = responseTo(kernel, { proposal, channel, variant: delivery.cause.variant, at: delivery.at })
  const day = kernel.clock.dayOf(delivery.at)
  const channelKey = channel === 'push' ? 0 : 20
  const uniform = (purpose: number): number =>
    kernel.draws.uniform(proposal.userIndex, day, purpose + proposal.family + channelKey)
  const step: Step = { kernel, delivery, emit, response, uniform }
  if (channel === 'in-app') putInApp(step)
  else if (!isLost(step)) arrive(step)
}
