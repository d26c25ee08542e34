import { describe, expect, it } from 'vitest'
import {
  DEFAULT_CONSENT,
  type Decision,
  type ExperimentDesign,
  MINUTE_MS,
  NO_HISTORY,
  opportunityId,
  type Refusal,
  userId,
  type VariantChange,
} from '../domain/index.ts'
import { BUCKETS } from './assignment.ts'
import { placeOf } from './life-cycle.ts'
import { type PastDecision, type PastExposure, pastExposure } from './past-exposure.ts'
import { designOf } from './testing/scenes.ts'

const candidate = { opportunityId: opportunityId('sale'), variant: 'plain', channel: 'push', sendAt: 0 } as const

function decision(over: Partial<PastDecision> = {}, profile: object = {}): PastDecision {
  const whole = { userId: userId('u'), traits: { city: 'Ulm' }, addresses: {}, suppressions: [], createdAt: 0 }
  return {
    userId: userId('u'),
    at: 10 * MINUTE_MS,
    reason: 'policy',
    assignments: [{ experiment: 'group', variant: 'paloma' }],
    actions: [{ kind: 'hold' }, { kind: 'send', ...candidate }],
    refused: [],
    inputs: {
      user: { profile: { ...whole, consent: DEFAULT_CONSENT, ...profile }, history: NO_HISTORY },
      opportunityIds: [candidate.opportunityId],
      messages: ['sale'],
      context: {},
    },
    ...over,
  }
}

const holding = (...refusals: readonly Refusal[]): Pick<Decision, 'actions' | 'refused'> => ({
  actions: [{ kind: 'hold' }],
  refused: [{ candidate, refusals }],
})

const changed = (change: VariantChange): Partial<ExperimentDesign> => ({
  variants: [
    { name: 'control', change: {} },
    { name: 'greedy', change },
  ],
})
const CAPS = changed({ rules: { caps: [] } })
const slots = (washoutMinutes: number, traffic = BUCKETS): Partial<ExperimentDesign> => ({
  unit: { kind: 'switchback', slotMinutes: 60, washoutMinutes },
  traffic,
})

describe('pastExposure', () => {
  it.each<readonly [string, Partial<ExperimentDesign>, PastDecision, PastExposure]>([
    ['something to send', {}, decision(), 'exposed'],
    ['nothing to send', {}, decision(holding({ reason: 'no-consent' })), 'unmoved'],
    ['a transactional message', {}, decision({ reason: 'transactional' }), 'unmoved'],
    ['limits alone, and a policy', {}, decision(holding({ reason: 'capped' })), 'unmoved'],
    ['limits alone, and limits', CAPS, decision(holding({ reason: 'capped' })), 'exposed'],
    ['limits and consent', CAPS, decision(holding({ reason: 'capped' }, { reason: 'no-consent' })), 'unmoved'],
    ['what another experiment kept back', {}, decision(holding({ reason: 'withheld', rule: 'other' })), 'exposed'],
    ['what is always withheld', {}, decision(holding({ reason: 'withheld', rule: 'withhold:sale:7' })), 'unmoved'],
    ['its message', changed({ messages: { sale: { kind: 'withhold' } } }), decision(), 'exposed'],
    ['another message', changed({ messages: { news: { kind: 'withhold' } } }), decision(), 'unmoved'],
    ['another group', {}, decision({ assignments: [{ experiment: 'group', variant: 'random' }] }), 'outside'],
    ['no group', {}, decision({ assignments: [] }), 'outside'],
    ['no consent to exploration', {}, decision({}, { consent: { ...DEFAULT_CONSENT, exploration: false } }), 'outside'],
    ['another city', { targeting: [{ kind: 'oneOf', trait: 'city', values: ['Bonn'] }] }, decision(), 'outside'],
    ['half of the users', { traffic: 1 }, decision(), 'exposed'],
    ['a slot', slots(10), decision(), 'exposed'],
    ['the washout of a slot', slots(11), decision(), 'outside'],
    ['a slot without him', slots(0, 1), decision(), 'outside'],
  ])('%s: %s', (_, over, past, expected) => {
    const design = designOf(over)
    expect(pastExposure(design, placeOf(design, []), past)).toBe(expected)
  })
})
