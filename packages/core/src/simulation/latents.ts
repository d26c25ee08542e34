import { type Draws, PURPOSE } from './draws.ts'
import { ARCHETYPES, type Archetype, type ArchetypeSpec, type Scenario } from './scenario.ts'

/** What is true of every user, one array entry per user; `affinity` has one per user and producer, users outermost. */
export interface Latents {
  readonly zone: Uint8Array
  readonly plan: Uint8Array
  readonly ios: Uint8Array
  readonly archetype: Uint8Array
  readonly hasPush: Uint8Array
  readonly hasEmail: Uint8Array
  readonly deadAddress: Uint8Array
  readonly mailProxy: Uint8Array
  readonly tenureDays: Float64Array
  readonly visitLogit: Float64Array
  readonly driftPerDay: Float64Array
  /** Chance of an order on a natural visit, before recent orders lower it. */
  readonly orderRate: Float64Array
  readonly orderValue: Float64Array
  readonly lift: Float64Array
  readonly substitution: Float64Array
  readonly irritation: Float64Array
  /** Multiplies opt-out hazards. */
  readonly hazard: Float64Array
  readonly responsePush: Float64Array
  readonly responseEmail: Float64Array
  readonly responseInApp: Float64Array
  readonly shiftHours: Float64Array
  /** In [−1, 1]: how much a user likes price wordings. */
  readonly priceTaste: Float64Array
  readonly affinity: Float64Array
}

/** One user's latents in words, for tests and oracles. */
export interface Truth {
  readonly archetype: Archetype
  readonly visitProbability: number
  readonly orderRate: number
  readonly orderValue: number
  readonly lift: number
  readonly substitution: number
  readonly irritation: number
  readonly hazard: number
  readonly shiftHours: number
  readonly deadAddress: boolean
  /** By message family, in standard deviations. */
  readonly affinity: Readonly<Record<string, number>>
}

/** 1 / (1 + e^−x). */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

function pickShare(shares: readonly number[], u: number): number {
  let left = u * shares.reduce((sum, share) => sum + share, 0)
  for (let index = 0; index < shares.length - 1; index += 1) {
    left -= shares[index]!
    if (left < 0) return index
  }
  return shares.length - 1
}

function emptyLatents(users: number, families: number): Latents {
  const bytes = (): Uint8Array => new Uint8Array(users)
  const numbers = (): Float64Array => new Float64Array(users)
  return {
    zone: bytes(),
    plan: bytes(),
    ios: bytes(),
    archetype: bytes(),
    hasPush: bytes(),
    hasEmail: bytes(),
    deadAddress: bytes(),
    mailProxy: bytes(),
    tenureDays: numbers(),
    visitLogit: numbers(),
    driftPerDay: numbers(),
    orderRate: numbers(),
    orderValue: numbers(),
    lift: numbers(),
    substitution: numbers(),
    irritation: numbers(),
    hazard: numbers(),
    responsePush: numbers(),
    responseEmail: numbers(),
    responseInApp: numbers(),
    shiftHours: numbers(),
    priceTaste: numbers(),
    affinity: new Float64Array(users * families),
  }
}

function fillPublicAttributes(latents: Latents, scenario: Scenario, at: { user: number; draws: Draws }): void {
  const { user } = at
  const u = (purpose: number): number => at.draws.uniform(user, -1, purpose)
  const { reach } = scenario
  const shares = (list: readonly { readonly share: number }[]): number[] => list.map((item) => item.share)
  latents.zone[user] = pickShare(shares(scenario.zones), u(PURPOSE.zone))
  latents.plan[user] = pickShare(shares(scenario.plans), u(PURPOSE.plan))
  latents.tenureDays[user] = -Math.log(u(PURPOSE.tenure)) * scenario.meanTenureDays
  latents.ios[user] = u(PURPOSE.platform) < reach.iosShare ? 1 : 0
  const pushShare = latents.ios[user] === 1 ? reach.pushIos : reach.pushAndroid
  latents.hasPush[user] = u(PURPOSE.hasPush) < pushShare ? 1 : 0
  latents.hasEmail[user] = u(PURPOSE.hasEmail) < reach.email ? 1 : 0
  latents.deadAddress[user] = u(PURPOSE.deadAddress) < reach.deadAddress ? 1 : 0
  latents.mailProxy[user] = u(PURPOSE.mailProxy) < reach.mailProxy ? 1 : 0
}

function archetypeOf(latents: Latents, scenario: Scenario, at: { user: number; draws: Draws }): number {
  const isLong = latents.tenureDays[at.user]! > scenario.longTenureDays
  const weight = (spec: ArchetypeSpec): number =>
    Math.max(0.01, spec.weight + spec.byPlan[latents.plan[at.user]!]! + (isLong ? spec.ifLongTenure : 0))
  return pickShare(scenario.archetypes.map(weight), at.draws.uniform(at.user, -1, PURPOSE.archetype))
}

function fillBehaviour(latents: Latents, scenario: Scenario, at: { user: number; draws: Draws }): void {
  const { user } = at
  const z = (purpose: number): number => at.draws.normal(user, -1, purpose)
  const spec = scenario.archetypes[archetypeOf(latents, scenario, at)]!
  latents.archetype[user] = scenario.archetypes.indexOf(spec)
  latents.visitLogit[user] = scenario.visit.logit + spec.visitLogit + scenario.visit.logitSd * z(PURPOSE.visitLogit)
  latents.driftPerDay[user] = scenario.visit.driftPerDay + scenario.visit.driftSdPerDay * z(PURPOSE.drift)
  latents.orderRate[user] = sigmoid(scenario.order.logit + scenario.order.logitSd * z(PURPOSE.orderRate))
  latents.orderValue[user] = scenario.order.meanValue * Math.exp(scenario.order.valueSdLog * z(PURPOSE.orderValue))
  latents.lift[user] = spec.lift * Math.exp(0.25 * z(PURPOSE.lift))
  latents.substitution[user] = spec.substitution
  latents.irritation[user] = spec.irritation
  latents.hazard[user] = spec.hazard * Math.exp(scenario.harm.toleranceSdLog * z(PURPOSE.tolerance))
  const { push, email, 'in-app': inApp } = scenario.channels
  latents.responsePush[user] = spec.responseLogit + push.responseSd * z(PURPOSE.responsePush)
  latents.responseEmail[user] = spec.responseLogit + email.responseSd * z(PURPOSE.responseEmail)
  latents.responseInApp[user] = spec.responseLogit + inApp.responseSd * z(PURPOSE.responseInApp)
  latents.shiftHours[user] = scenario.circadian.shiftSdHours * z(PURPOSE.shift)
  latents.priceTaste[user] = Math.tanh(1.2 * Math.log(latents.lift[user]!) + 0.5 * z(PURPOSE.traitPrice + 1))
}

/** Draws every user's latents. Arrays are users long; user i's are the same however many users there are. */
export function drawLatents(scenario: Scenario, users: number, draws: Draws): Latents {
  const families = scenario.producers.length
  const latents = emptyLatents(users, families)
  for (let user = 0; user < users; user += 1) {
    fillPublicAttributes(latents, scenario, { user, draws })
    fillBehaviour(latents, scenario, { user, draws })
    for (let family = 0; family < families; family += 1) {
      latents.affinity[user * families + family] = draws.normal(user, -1, PURPOSE.affinity + family)
    }
  }
  return latents
}

/** One user's latents as a record. */
export function truthOf(latents: Latents, scenario: Scenario, user: number): Truth {
  const families = scenario.producers.length
  return {
    archetype: ARCHETYPES[latents.archetype[user]!]!,
    visitProbability: sigmoid(latents.visitLogit[user]!),
    orderRate: latents.orderRate[user]!,
    orderValue: latents.orderValue[user]!,
    lift: latents.lift[user]!,
    substitution: latents.substitution[user]!,
    irritation: latents.irritation[user]!,
    hazard: latents.hazard[user]!,
    shiftHours: latents.shiftHours[user]!,
    deadAddress: latents.deadAddress[user] === 1,
    affinity: Object.fromEntries(
      scenario.producers.map(({ message }, family) => [message, latents.affinity[user * families + family]!]),
    ),
  }
}
