import {
  CATEGORIES,
  type Candidate,
  CHANNELS,
  type Decision,
  decisionId,
  opportunityId,
  type PastSend,
  REFUSAL_REASONS,
  type Refusal,
} from '@paloma/core/domain'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { exampleDecision } from '../testing/examples.ts'
import { fromRow, toRow } from './decision-row.ts'

const numbers = fc.array(fc.double(), { maxLength: 5 })
const channel = fc.constantFrom(...CHANNELS)
const id = fc.constantFrom('o-1', 'o-2', 'o "3" \0').map(opportunityId)

const candidate: fc.Arbitrary<Candidate> = fc.record(
  {
    opportunityId: id,
    variant: fc.string(),
    channel,
    sendAt: fc.integer(),
  },
  { noNullPrototype: true },
)

const refusal: fc.Arbitrary<Refusal> = fc.record(
  { reason: fc.constantFrom(...REFUSAL_REASONS), rule: fc.string(), until: fc.integer() },
  { requiredKeys: ['reason'], noNullPrototype: true },
)

const pastSend: fc.Arbitrary<PastSend> = fc.record(
  {
    at: fc.integer(),
    channel,
    category: fc.constantFrom(...CATEGORIES),
    message: fc.string(),
    topic: fc.string(),
    groupKey: fc.string(),
    opportunityId: fc.string(),
  },
  { requiredKeys: ['at', 'channel', 'category', 'message', 'topic', 'opportunityId'], noNullPrototype: true },
)

const text = fc.string({ unit: 'grapheme' })
/** JSON writes −0 as 0. */
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)

const decision: fc.Arbitrary<Decision> = fc
  .record({
    actions: fc.array(candidate.map((sent) => ({ kind: 'send' as const, ...sent }))),
    refused: fc.array(fc.record({ candidate, refusals: fc.array(refusal) }, { noNullPrototype: true })),
    values: fc.dictionary(fc.string(), fc.record({ mean: numbers, variance: numbers }, { noNullPrototype: true }), {
      noNullPrototype: true,
    }),
    prices: numbers,
    scores: numbers,
    scoreVariances: numbers,
    probabilities: numbers,
    propensity: fc.double(),
    draw: fc.double(),
    learning: fc.option(
      fc.record(
        {
          baseline: numbers,
          centred: numbers,
          sent: fc.option(fc.record({ channel, action: numbers, pressure: numbers }, { noNullPrototype: true })),
          messages: fc.record(
            {
              sent: fc.option(fc.record({ message: text, variant: text, channel }, { noNullPrototype: true })),
              centred: fc.array(fc.record({ message: text, channel, value: finite }, { noNullPrototype: true })),
            },
            { noNullPrototype: true },
          ),
        },
        { requiredKeys: ['baseline', 'centred', 'sent'], noNullPrototype: true },
      ),
    ),
    losses: fc.constantFrom({}, { push: { 'push-disabled': 0.004, uninstalled: 1e-9 }, email: { unsubscribed: 0.1 } }),
    sends: fc.array(pastSend),
    visits: fc.array(fc.integer()),
  })
  .map(({ sends, visits, actions, ...rest }) => {
    const example = exampleDecision('d', 'u')
    const responses = visits.map((at) => ({ at, channel: 'in-app' as const }))
    return {
      ...example,
      ...rest,
      actions: [{ kind: 'hold' as const }, ...actions],
      inputs: {
        ...example.inputs,
        user: { ...example.inputs.user, history: { sends, responses, visits } },
        opportunityIds: ['o-1', 'o-2'].map(opportunityId),
        messages: ['price-drop', 'survey'],
      },
    }
  })

it('a row gives back the decision bit for bit', () => {
  fc.assert(
    fc.property(decision, (original) => {
      expect(fromRow(toRow(original))).toStrictEqual(original)
    }),
    { seed: 20_260_310, numRuns: 300 },
  )
})

it('a row holds no NUL, which PostgreSQL could not keep', () => {
  fc.assert(
    fc.property(decision, (original) => {
      const row = toRow(original)
      expect(`${row.record}${row.learning}`).not.toContain('\0')
    }),
    { seed: 20_260_311, numRuns: 100 },
  )
})

it('a merged user keeps the decision as it was made, under his new id', () => {
  const row = toRow(exampleDecision('d', 'before'))
  expect(fromRow({ ...row, user_id: 'after' })).toStrictEqual(exampleDecision('d', 'before'))
  expect(fromRow(row).decisionId).toBe(decisionId('d'))
})
