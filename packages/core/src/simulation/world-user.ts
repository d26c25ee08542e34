import type { Scalar } from '../domain/index.ts'
import { type Draws, PURPOSE } from './draws.ts'
import { type Latents, sigmoid } from './latents.ts'
import type { Scenario } from './scenario.ts'

/** What everybody may know of a user: an address book entry and noisy signals of the latents. */
export interface WorldUser {
  readonly index: number
  readonly userId: string
  readonly timeZone: string
  /** `plan`, `tenureDays`, `platform`, `recencyDays`, `orders90d`, `visitsPerWeek`, `priceSensitivity`, `affinity`. */
  readonly traits: Readonly<Record<string, Scalar>>
  readonly email?: string
  readonly hasPush: boolean
}

const TRAIT_AFFINITY_NOISE_SD = 0.7
const TRAIT_RATE_NOISE_SD = 0.35

/** `u000123` for 123. */
export function userIdOf(index: number): string {
  return `u${String(index).padStart(6, '0')}`
}

function favouriteTopic(latents: Latents, scenario: Scenario, at: { user: number; draws: Draws }): string {
  const families = scenario.producers.length
  let best = -Infinity
  let topic = ''
  for (const [family, producer] of scenario.producers.entries()) {
    if (producer.category === 'transactional') continue
    const noise = at.draws.normal(at.user, -1, PURPOSE.traitAffinity + family) * TRAIT_AFFINITY_NOISE_SD
    const signal = latents.affinity[at.user * families + family]! + noise
    if (signal > best) {
      best = signal
      topic = producer.topic
    }
  }
  return topic
}

function publicTraits(
  latents: Latents,
  scenario: Scenario,
  at: { user: number; draws: Draws },
): Readonly<Record<string, Scalar>> {
  const { user, draws } = at
  const z = (purpose: number): number => draws.normal(user, -1, purpose)
  const perDay = sigmoid(latents.visitLogit[user]! + TRAIT_RATE_NOISE_SD * z(PURPOSE.traitRecency))
  const orders = perDay * latents.orderRate[user]! * 90 * Math.exp(TRAIT_RATE_NOISE_SD * z(PURPOSE.traitOrders))
  return {
    plan: scenario.plans[latents.plan[user]!]!.name,
    platform: latents.ios[user] === 1 ? 'ios' : 'android',
    tenureDays: Math.round(latents.tenureDays[user]!),
    visitsPerWeek: Math.round(perDay * 70) / 10,
    recencyDays: Math.min(180, Math.round(-Math.log(draws.uniform(user, -1, PURPOSE.traitRecency)) / perDay)),
    orders90d: Math.round(orders),
    priceSensitivity: Math.round(50 + 25 * latents.priceTaste[user]! + 8 * z(PURPOSE.traitPrice)) / 100,
    affinity: favouriteTopic(latents, scenario, at),
  }
}

/** The public face of every user, in order of index. */
export function describeUsers(latents: Latents, scenario: Scenario, draws: Draws): readonly WorldUser[] {
  return Array.from(latents.zone, (zone, index) => ({
    index,
    userId: userIdOf(index),
    timeZone: scenario.zones[zone]!.name,
    traits: publicTraits(latents, scenario, { user: index, draws }),
    ...(latents.hasEmail[index] === 1 ? { email: `${userIdOf(index)}@example.com` } : {}),
    hasPush: latents.hasPush[index] === 1,
  }))
}
