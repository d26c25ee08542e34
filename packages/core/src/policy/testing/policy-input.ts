import fc from 'fast-check'
import { type Action, DEFAULT_CONSENT, type EpochMs, NO_HISTORY, opportunityId, userId } from '../../domain/index.ts'
import type { PolicyInput } from '../policy-input.ts'

export const NOW: EpochMs = 1_700_000_000_000

export function sendAction(index: number, change: Partial<Extract<Action, { kind: 'send' }>> = {}): Action {
  return {
    kind: 'send',
    opportunityId: opportunityId(`o${index}`),
    variant: 'default',
    channel: 'email',
    sendAt: NOW,
    ...change,
  }
}

/** An input whose first action is `hold` and whose sends have these scores and variances. */
export function inputOf(scores: readonly number[], variances: readonly number[]): PolicyInput {
  return {
    actions: [{ kind: 'hold' }, ...scores.map((_, i) => sendAction(i))],
    scores: Float64Array.of(0, ...scores),
    variances: Float64Array.of(0, ...variances),
    claimed: new Float64Array(scores.length + 1),
    decisionId: 'd1',
    user: {
      profile: {
        userId: userId('u'),
        traits: {},
        addresses: {},
        consent: DEFAULT_CONSENT,
        suppressions: [],
        createdAt: 0,
      },
      history: NO_HISTORY,
    },
    now: NOW,
    zone: 'UTC',
  }
}

const score = fc.oneof(fc.double({ min: -5, max: 5, noNaN: true }), fc.constantFrom(-1, 0, 1))
const variance = fc.oneof(fc.double({ min: 1e-4, max: 4, noNaN: true }), fc.constant(0))

/** Inputs with `hold` and up to eleven sends, among them ties and sure scores. */
export const policyInputs: fc.Arbitrary<PolicyInput> = fc
  .array(fc.record({ score, variance }), { maxLength: 11 })
  .map((sends) =>
    inputOf(
      sends.map((send) => send.score),
      sends.map((send) => send.variance),
    ),
  )
