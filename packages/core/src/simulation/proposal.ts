import {
  type Claim,
  DAY_MS,
  type EpochMs,
  HOUR_MS,
  type Opportunity,
  opportunityId,
  PalomaError,
  userId,
} from '../domain/index.ts'
import { PURPOSE } from './draws.ts'
import type { Kernel } from './kernel.ts'
import { sigmoid } from './latents.ts'
import type { ProducerSpec } from './scenario.ts'
import { userIdOf } from './world-user.ts'

/** What a producer proposed, with the truth about it; a function of (user, day, family) alone. */
export interface Proposal {
  readonly userIndex: number
  readonly day: number
  readonly family: number
  /** How well it fits the user today, standard normal. */
  readonly relevance: number
  readonly notBefore: EpochMs
  readonly expires: EpochMs
}

const EARLIEST_HOUR = 5
const LATEST_HOUR = 9
const SCORE_NOISE_SD = 0.8
const STALE_CORRELATION = 0.2

/** Derives the proposal of one producer for one user on one day. */
export function proposalOf(
  kernel: Kernel,
  userIndex: number,
  { day, family }: { readonly day: number; readonly family: number },
): Proposal {
  const { draws, clock, latents } = kernel
  const spec = kernel.scenario.producers[family]!
  const hour =
    EARLIEST_HOUR + (LATEST_HOUR - EARLIEST_HOUR) * draws.uniform(userIndex, day, PURPOSE.proposalHour + family)
  const notBefore = Math.round(clock.momentAt(latents.zone[userIndex]!, day, hour) / HOUR_MS) * HOUR_MS
  const days = 1 + Math.floor(spec.windowDays * draws.uniform(userIndex, day, PURPOSE.proposalWindow + family))
  return {
    userIndex,
    day,
    family,
    relevance: draws.normal(userIndex, day, PURPOSE.relevance + family),
    notBefore,
    expires: notBefore + days * DAY_MS,
  }
}

/** Whether the producer speaks up for this user today; `lapsed` and `ordered` look at the user's state. */
export function isProposed(
  kernel: Kernel,
  userIndex: number,
  { day, family }: { readonly day: number; readonly family: number },
): boolean {
  const { trigger } = kernel.scenario.producers[family]!
  if (kernel.draws.uniform(userIndex, day, PURPOSE.proposal + family) >= trigger.chance) return false
  if (trigger.kind === 'lapsed') return day - kernel.state.lastVisitDay[userIndex]! > trigger.afterDays
  if (trigger.kind === 'ordered') return kernel.state.lastOrderDay[userIndex]! === day - 1
  return true
}

function idOf(spec: ProducerSpec, { day, userIndex }: Proposal): string {
  return `${spec.message}.d${day}.u${userIndex}`
}

/** Finds the proposal behind an opportunity's id; throws UNKNOWN_OPPORTUNITY for ids this world never gave. */
export function proposalOfId(kernel: Kernel, id: string): Proposal {
  const userAt = id.lastIndexOf('.u')
  const dayAt = id.lastIndexOf('.d', userAt)
  const userIndex = Number(id.slice(userAt + 2))
  const day = Number(id.slice(dayAt + 2, userAt))
  const message = id.slice(0, Math.max(0, dayAt))
  const family = kernel.scenario.producers.findIndex((spec) => spec.message === message)
  if (family < 0 || !Number.isInteger(day) || !Number.isInteger(userIndex) || userIndex >= kernel.users) {
    throw new PalomaError('UNKNOWN_OPPORTUNITY', `opportunityId must be one of this world's, got ${id}`, {
      hint: 'deliver what opportunitiesOn() gave, under the same scenario and number of users',
    })
  }
  return proposalOf(kernel, userIndex, { day, family })
}

function claimOf(kernel: Kernel, spec: ProducerSpec, proposal: Proposal): readonly Claim[] {
  const { latents, draws, scenario } = kernel
  const { userIndex: user, day, family, relevance } = proposal
  const noise = Math.exp(spec.claimNoiseSd * draws.normal(user, day, PURPOSE.claimNoise + family))
  const unit = scenario.currency
  const make = (kind: Claim['kind'], estimate: number): readonly Claim[] => [
    { objective: 'conversion', estimate: Math.round(estimate * 1000) / 1000, unit, horizonDays: 7, kind },
  ]
  const shape = spec.claimScale * noise
  const lift = scenario.response.relevanceLift
  switch (spec.claimStyle) {
    case 'none':
      return []
    case 'honest':
      return make('incremental', shape * Math.sqrt(latents.lift[user]!) * Math.exp(2 * lift * relevance))
    case 'inflated':
      return make('predicted', shape * (0.4 + 3 * sigmoid(latents.visitLogit[user]!)) * Math.exp(lift * relevance))
    case 'stale': {
      const old = draws.normal(user, day - 7, PURPOSE.relevance + family)
      return make('incremental', shape * Math.exp(2 * lift * (STALE_CORRELATION * relevance + 0.98 * old)))
    }
  }
}

/** The proposal as a producer would publish it: without the truth, with a noisy `score` in (0, 1) and a claim. */
export function toOpportunity(kernel: Kernel, proposal: Proposal): Opportunity {
  const { userIndex, day, family, relevance, notBefore, expires } = proposal
  const spec = kernel.scenario.producers[family]!
  const noise = SCORE_NOISE_SD * kernel.draws.normal(userIndex, day, PURPOSE.claimNoise + family + 20)
  return {
    id: opportunityId(idOf(spec, proposal)),
    producer: spec.producer,
    userId: userId(userIdOf(userIndex)),
    message: spec.message,
    category: spec.category,
    topic: spec.topic,
    channels: spec.channels,
    variants: spec.variants,
    window: { notBefore, expires },
    claims: claimOf(kernel, spec, proposal),
    features: { score: Math.round(100 * sigmoid(relevance + noise)) / 100 },
    ...(spec.category === 'transactional' ? {} : { dedupeKey: spec.message }),
  }
}
