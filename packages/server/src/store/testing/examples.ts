import {
  DAY_MS,
  DEFAULT_CONSENT,
  type Decision,
  decisionId,
  type EpochMs,
  HOUR_MS,
  NO_HISTORY,
  type Opportunity,
  type Outcome,
  opportunityId,
  type PolicyState,
  summaryOf,
  type UserProfile,
  userId,
} from '@paloma/core/domain'
import type { NewDecision } from '../contract.ts'
import { recordPacker } from '../sql/record-packer.ts'

/** Noon of an ordinary day; every example happens around it. */
export const NOON: EpochMs = Date.parse('2026-03-10T12:00:00Z')

/** A user who can be reached by email. */
export function exampleProfile(id: string, changes: Partial<UserProfile> = {}): UserProfile {
  return {
    userId: userId(id),
    traits: { plan: 'free', 'naïve "quote" \\ {,}': true },
    addresses: { email: `${id}@example.org` },
    consent: DEFAULT_CONSENT,
    suppressions: [],
    createdAt: NOON - 90 * DAY_MS,
    ...changes,
  }
}

/** A proposal that is open around noon. */
export function exampleOpportunity(id: string, user: string, changes: Partial<Opportunity> = {}): Opportunity {
  return {
    id: opportunityId(id),
    producer: 'shop',
    userId: userId(user),
    message: 'price-drop',
    category: 'marketing',
    topic: 'offers',
    channels: ['email', 'push'],
    variants: [{ name: 'default', content: { email: { subject: 'Hi {{ user }}', html: '<p>"\\"</p>' } } }],
    window: { notBefore: NOON - HOUR_MS, expires: NOON + DAY_MS },
    claims: [],
    features: { discount: 0.1 + 0.2 },
    ...changes,
  }
}

/** An event of a person that counts for nothing yet. */
export function exampleOutcome(id: string, user: string, changes: Partial<Outcome> = {}): Outcome {
  return {
    messageId: id,
    userId: userId(user),
    name: 'App Visited',
    at: NOON,
    receivedAt: NOON + 5,
    decisionId: null,
    joinedBy: null,
    isMachine: false,
    channel: null,
    isVisit: false,
    isResponse: false,
    reachLoss: null,
    values: {},
    properties: { path: '/Ü "x"' },
    ...changes,
  }
}

/** A decision between `hold` and one email of `opportunity`, which it sends. */
export function exampleDecision(id: string, user: string, changes: Partial<Decision> = {}): Decision {
  const opportunity = opportunityId(`o-${id}`)
  return {
    decisionId: decisionId(id),
    userId: userId(user),
    at: NOON,
    trigger: 'request',
    snapshotVersion: 'v1',
    stateId: 1,
    policy: 'paloma/thompson',
    assignments: [{ experiment: 'groups', variant: 'paloma' }],
    reason: 'policy',
    actions: [
      { kind: 'hold' },
      { kind: 'send', opportunityId: opportunity, variant: 'default', channel: 'email', sendAt: NOON },
    ],
    values: { conversion: { mean: [0, 0.1 + 0.2], variance: [0, 1e-310] } },
    prices: [0, 1 / 3],
    losses: { email: { unsubscribed: 0.1 + 0.2, complained: 2 ** -1074 } },
    scores: [0, -0],
    scoreVariances: [0, 2 ** -1074],
    probabilities: [0.3, 0.7],
    chosen: 1,
    propensity: 0.7,
    draw: 0.9999999999999999,
    refused: [],
    learning: {
      baseline: [1, -0, 1 / 3],
      centred: [0.25, -1e300],
      sent: { channel: 'push', action: [1, 0.5], pressure: [1, 0] },
    },
    inputs: {
      user: { profile: exampleProfile(user), history: NO_HISTORY },
      opportunityIds: [opportunity],
      messages: ['price-drop'],
      context: { screen: 'home' },
    },
    ...changes,
  }
}

const pack = recordPacker()

/** The decision to be delivered, as its use case writes it. */
export function exampleNew(decision: Decision, changes: Partial<NewDecision> = {}): NewDecision {
  const fingerprint = `f-${decision.decisionId}`
  return { decision: summaryOf(decision), packed: pack(decision), fingerprint, deliver: true, ...changes }
}

/** A small learned state with numbers that plain JSON would spoil. */
export function exampleState(id: number): PolicyState {
  return {
    id,
    createdAt: NOON,
    schemaHash: 'h1',
    heads: {
      conversion: {
        dimension: 2,
        mean: Float64Array.of(-0, 1 / 3),
        covariance: Float64Array.of(1, Number.MIN_VALUE, Number.MAX_VALUE),
        noiseShape: 2.5,
        noiseRate: 0.1 + 0.2,
        n: 7,
      },
    },
    learnedUntil: { conversion: NOON - DAY_MS },
  }
}
