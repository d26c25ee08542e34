import { type EpochMs, PalomaError } from '../domain/index.ts'
import type { Kernel } from './kernel.ts'
import { sigmoid } from './latents.ts'
import type { Proposal } from './proposal.ts'
import type { ProducerSpec, VariantSpec, WorldChannel } from './scenario.ts'

/** Chances of what one send leads to, given the user's state now. */
export interface Response {
  /** Opened by the person; push: tapped; in-app: reacted to, given that it was shown. */
  readonly open: number
  readonly clickGivenOpen: number
  /** Brings a visit within a day although nobody opened it. */
  readonly influence: number
  /** An order on a visit that the message brought. */
  readonly order: number
  /** Opting out of the channel, if not opened; and the share of it that remains if opened. */
  readonly optOut: number
  readonly uninstall: number
}

/** A send as the response rules see it. */
export interface Attempt {
  readonly proposal: Proposal
  readonly channel: WorldChannel
  readonly variant: string
  readonly at: EpochMs
}

const TRANSACTIONAL_OPEN_LOGIT = 1.6
const TRANSACTIONAL_LIFT = 0.2
const RELEVANCE_BOUND = 2.5

/** The wording by name; throws UNKNOWN_VARIANT. */
export function variantOf(spec: ProducerSpec, name: string): VariantSpec {
  const variant = spec.variants.find((candidate) => candidate.name === name)
  if (variant === undefined) {
    const known = spec.variants.map((candidate) => candidate.name).join(', ')
    throw new PalomaError('UNKNOWN_VARIANT', `variant of ${spec.message} must be one of ${known}, got ${name}`)
  }
  return variant
}

/** Units of fatigue the user carries on a channel. */
export function fatigueOf({ state }: Kernel, user: number, channel: WorldChannel): number {
  if (channel === 'push') return state.fatiguePush[user]!
  return channel === 'email' ? state.fatigueEmail[user]! : state.fatigueInApp[user]!
}

function personalResponse({ latents }: Kernel, user: number, channel: WorldChannel): number {
  if (channel === 'push') return latents.responsePush[user]!
  return channel === 'email' ? latents.responseEmail[user]! : latents.responseInApp[user]!
}

function openChance(kernel: Kernel, attempt: Attempt, fatigue: number): number {
  const { scenario, latents, clock, circadian, state } = kernel
  const { proposal, channel } = attempt
  const { userIndex: user, family, relevance } = proposal
  const spec = scenario.producers[family]!
  const variant = variantOf(spec, attempt.variant)
  const hour = clock.localHour(latents.zone[user]!, attempt.at) - latents.shiftHours[user]!
  const attention = channel === 'in-app' ? 0 : scenario.response.circadianWeight * circadian.logDensity(hour)
  const logit =
    scenario.channels[channel].openLogit +
    personalResponse(kernel, user, channel) +
    spec.openLogit +
    (spec.category === 'transactional' ? TRANSACTIONAL_OPEN_LOGIT : 0) +
    variant.openLogit +
    variant.priceTilt * latents.priceTaste[user]! +
    scenario.response.affinityWeight * latents.affinity[user * kernel.families + family]! +
    scenario.response.relevanceWeight * relevance +
    attention +
    kernel.shifts.of(clock.dayOf(attempt.at), family).openLogit -
    scenario.channels[channel].fatigueWeight * fatigue
  return sigmoid(logit) * Math.exp(-scenario.response.noveltyPenalty * state.novelty[user * kernel.families + family]!)
}

/** Chance of an order on a visit the message brought: rate × lift × fit, less what was just bought. At most .6. */
export function orderChance(kernel: Kernel, proposal: Proposal, at: EpochMs): number {
  const { scenario, latents, state } = kernel
  const { userIndex: user, family } = proposal
  const spec = scenario.producers[family]!
  const relevance = Math.min(RELEVANCE_BOUND, proposal.relevance)
  const fit =
    scenario.response.relevanceLift * relevance +
    scenario.response.affinityLift * latents.affinity[user * kernel.families + family]!
  const shifted = kernel.shifts.of(kernel.clock.dayOf(at), family).orderLift
  const lift = spec.category === 'transactional' ? TRANSACTIONAL_LIFT : latents.lift[user]! * spec.orderLift
  return Math.min(0.6, latents.orderRate[user]! * lift * shifted * Math.exp(fit) * (1 - state.satisfied[user]!))
}

/**
 * How one user responds to one send:
 * open = σ(b_c + r_ic + b_m + v + w_a·affinity + w_r·relevance + w_t·ln f(h) − w_f·F_c) · e^(−.017·N_m), with fatigue F_c in
 * sends halving per channel and N_m recent sends of the family; optOut = h_c · hazard_i · e^(g_c·F_c + k·relevance) for
 * everything but transactional messages. Uninstalling reads the fatigue of push and half of email's.
 */
export function responseTo(kernel: Kernel, attempt: Attempt): Response {
  const { scenario, latents, state } = kernel
  const { proposal, channel } = attempt
  const { userIndex: user, relevance } = proposal
  const spec = scenario.channels[channel]
  const fatigue = fatigueOf(kernel, user, channel)
  const isTransactional = scenario.producers[proposal.family]!.category === 'transactional'
  const annoyance = isTransactional ? 0 : latents.hazard[user]! * Math.exp(scenario.harm.relevanceHazard * relevance)
  const pressure = state.fatiguePush[user]! + 0.5 * state.fatigueEmail[user]!
  const shifted = kernel.shifts.of(kernel.clock.dayOf(attempt.at), proposal.family)
  const influence = isTransactional ? 0 : spec.influence * shifted.influence * Math.min(2, latents.lift[user]!)
  return {
    open: openChance(kernel, attempt, fatigue),
    clickGivenOpen: channel === 'email' ? sigmoid(spec.clickLogit + 0.5 * relevance) : 1,
    influence: influence * Math.exp(0.4 * Math.min(RELEVANCE_BOUND, relevance) - spec.fatigueWeight * fatigue),
    order: orderChance(kernel, proposal, attempt.at),
    optOut: Math.min(0.5, annoyance * spec.optOutHazard * Math.exp(spec.optOutGrowth * fatigue)),
    uninstall: Math.min(0.2, annoyance * scenario.harm.uninstall * Math.exp(scenario.harm.uninstallGrowth * pressure)),
  }
}
