import {
  CATEGORIES,
  type Candidate,
  CHANNELS,
  DECISION_REASONS,
  DECISION_TRIGGERS,
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
import { byteReader, readNumbers } from './byte-reader.ts'
import { byteWriter, writeNumbers, writtenBytes } from './byte-writer.ts'
import { type DecisionRow, fromRow } from './decision-row.ts'
import { packDecision, packLearning } from './pack-decision.ts'
import { categoryCodes, channelCodes, decisionReasonCodes, refusalCodes, triggerCodes } from './record-codes.ts'
import { toTextRow } from './testing/text-row.ts'

/** Some of few different ones, which are packed in another way. */
const numbers = fc.oneof(
  fc.array(fc.double(), { maxLength: 5 }),
  fc.array(fc.constantFrom(0, -0, Number.NaN, 1 / 3, 5e-324, Infinity, 1, 2, 3, 4), { maxLength: 40 }),
  fc.array(fc.oneof(fc.constant(0), fc.double()), { maxLength: 40 }),
)
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

/** The same of objectives that look ahead, as only packed records have it. */
const ahead: fc.Arbitrary<Decision> = fc
  .record({
    original: decision,
    waits: fc.option(fc.record({ until: fc.integer(), worth: finite }, { noNullPrototype: true }), { nil: undefined }),
    dayWorths: fc.constantFrom(undefined, { push: { times: 0.1 + 0.2, sd: 1e-9 }, email: { times: 0, sd: 0 } }),
    gains: numbers,
  })
  .map(({ original, waits, dayWorths, gains }) => {
    const { learning, inputs } = original
    const { user } = inputs
    const sends = user.history.sends.map((send) => ({ ...send, ...(waits === undefined ? {} : { waits }) }))
    const sent = learning?.sent
    return {
      ...original,
      ...(waits === undefined ? {} : { waits }),
      ...(dayWorths === undefined ? {} : { dayWorths }),
      learning: learning && sent ? { ...learning, sent: { ...sent, gains } } : learning,
      inputs: { ...inputs, user: { ...user, history: { ...user.history, sends } } },
    }
  })

/** The same where hazards of the next visit are learned. */
const visited: fc.Arbitrary<Decision> = fc
  .record({ original: ahead, moment: numbers, sent: numbers, chances: numbers })
  .map(({ original, ...visit }) => {
    const { learning } = original
    return { ...original, learning: learning && { ...learning, visit } }
  })

it('a packed record keeps what hazards of the next visit are learned from', () => {
  fc.assert(
    fc.property(visited, (original) => {
      expect(fromRow(packedRow(original))).toStrictEqual(original)
    }),
    { seed: 20_261_130, numRuns: 100 },
  )
})

it('a packed record keeps what lay ahead', () => {
  fc.assert(
    fc.property(ahead, (original) => {
      expect(fromRow(packedRow(original))).toStrictEqual(original)
    }),
    { seed: 20_261_130, numRuns: 200 },
  )
})

/** The row that is stored of a decision. */
function packedRow(original: Decision): DecisionRow {
  const record = byteWriter(0)
  packDecision(record, original)
  const features = byteWriter(0)
  if (original.learning !== null) packLearning(features, original.learning)
  return {
    decision_id: original.decisionId,
    at: original.at,
    learning: null,
    record: null,
    packed: writtenBytes(record),
    features: original.learning === null ? null : writtenBytes(features),
  }
}

/** The row that was stored of it until records were packed. */
function textRow(original: Decision): DecisionRow {
  return { ...toTextRow(original), packed: null, features: null }
}

it.each([
  ['packed', packedRow],
  ['in JSON, as old databases have it', textRow],
])('a row gives back the decision bit for bit: %s', (_, rowOf) => {
  fc.assert(
    fc.property(decision, (original) => {
      expect(fromRow(rowOf(original))).toStrictEqual(original)
    }),
    { seed: 20_260_310, numRuns: 300 },
  )
})

it('a packed record keeps texts of any length and script, also halves of surrogate pairs', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 200 }), { maxLength: 60 }), (texts) => {
      const halves = texts.map((text, i) => (i % 3 === 0 ? `${text}\ud800` : text))
      const original = exampleDecision('d', 'u', { policy: halves[0] ?? '' })
      const inputs = { ...original.inputs, messages: [...halves, ...halves] }
      expect(fromRow(packedRow({ ...original, inputs }))).toStrictEqual({ ...original, inputs })
    }),
    { seed: 20_261_129, numRuns: 200 },
  )
})

it('every channel, category, trigger, reason and refusal has a code, which never changes', () => {
  expect(CHANNELS.map(channelCodes.codeOf)).toEqual([0, 1, 2, 3, 4])
  expect(CATEGORIES.map(categoryCodes.codeOf)).toEqual([0, 1, 2])
  expect(DECISION_TRIGGERS.map(triggerCodes.codeOf)).toEqual([0, 1])
  expect(DECISION_REASONS.map(decisionReasonCodes.codeOf)).toEqual([0, 1, 2, 3])
  expect(REFUSAL_REASONS.map((reason) => refusalCodes.wordOf(refusalCodes.codeOf(reason)))).toEqual(REFUSAL_REASONS)
  expect(refusalCodes.wordOf(16)).toBe('withheld')
})

it('a packed record that was cut off, or is of a version to come, is refused', () => {
  const row = packedRow(exampleDecision('d', 'u'))
  const bytes = row.packed!
  for (const length of [0, 1, 20, bytes.length - 1]) {
    const cut = { ...row, packed: bytes.subarray(0, length) }
    expect(() => fromRow(cut)).toThrow(expect.objectContaining({ code: 'STORE_DAMAGED' }))
  }
  const newer = { ...row, packed: Uint8Array.of(3, ...bytes.subarray(1)) }
  expect(() => fromRow(newer)).toThrow(expect.objectContaining({ code: 'STORE_NEWER' }))
})

it('a merged user keeps the decision as it was made', () => {
  expect(fromRow(packedRow(exampleDecision('d', 'before')))).toStrictEqual(exampleDecision('d', 'before'))
  expect(fromRow(packedRow(exampleDecision('d', 'u'))).decisionId).toBe(decisionId('d'))
})

it('numbers that come again take half a byte each, and those of which too few do take no more than before', () => {
  const sizeOf = (numbers: readonly number[]) => {
    const writer = byteWriter(0)
    writeNumbers(writer, numbers)
    return writtenBytes(writer).length
  }
  const range = (length: number) => Array.from({ length }, (_, i) => i)
  expect(sizeOf(range(21).map((i) => i % 3))).toBe(1 + 11 + 3 * 8)
  expect(sizeOf(range(21))).toBe(1 + 21 * 8)
  // Five different ones at first: what comes after them is not looked at.
  expect(sizeOf([...range(9), ...range(9)])).toBe(1 + 18 * 8)
  expect(sizeOf([0, -0, 0])).toBe(1 + 2 + 2 * 8)
})

it('a packed list that names a number which did not come is refused', () => {
  const reader = byteReader(Uint8Array.of(2 * 3 + 1, 0x0f, 0x00, ...new Uint8Array(8)))
  expect(readNumbers(reader)).toEqual([0, 0, 0])
  const damaged = byteReader(Uint8Array.of(2 * 3 + 1, 0x1f, 0x00, ...new Uint8Array(8)))
  expect(() => readNumbers(damaged)).toThrow(expect.objectContaining({ code: 'STORE_DAMAGED' }))
})

/** `exampleDecision('d', 'u')` as commit e03eec4 packed it, which wrote version 1. */
const OF_VERSION_1 = {
  packed:
    'AQJ1AAR2MQAAAAAAAPA/HnBhbG9tYS90aG9tcHNvbgABAAxncm91cHMADHBhbG9tYQABBm8tZAEAFHByaWNlLWRyb3ACAAEADmRlZmF1bHQCAQAUY29udmVyc2lvbgIAAAAAAAAAADQzMzMzM9M/AgAAAAAAAAAAK+Zwi2gSAACEAXsiZW1haWwiOnsidW5zdWJzY3JpYmVkIjowLjMwMDAwMDAwMDAwMDAwMDA0LCJjb21wbGFpbmVkIjo1ZS0zMjR9fQIAAAAAAAAAAFVVVVVVVdU/AgAAAAAAAAAAAAAAAAAAAIACAAAAAAAAAAABAAAAAAAAAAIzMzMzMzPTP2ZmZmZmZuY/AWZmZmZmZuY/////////7z8AInsic2NyZWVuIjoiaG9tZSJ95gN7InVzZXJJZCI6InUiLCJ0cmFpdHMiOnsicGxhbiI6ImZyZWUiLCJuYe92ZSBcInF1b3RlXCIgXFwgeyx9Ijp0cnVlfSwiYWRkcmVzc2VzIjp7ImVtYWlsIjoidUBleGFtcGxlLm9yZyJ9LCJjb25zZW50Ijp7ImNoYW5uZWxzIjp7fSwidG9waWNzIjp7fSwiY2hhbm5lbFRvcGljcyI6e30sImxlYXJuaW5nIjp0cnVlLCJleHBsb3JhdGlvbiI6dHJ1ZX0sInN1cHByZXNzaW9ucyI6W10sImNyZWF0ZWRBdCI6MTc2NTM2ODAwMDAwMH0AAAA=',
  features:
    'AQMAAAAAAADwPwAAAAAAAACAVVVVVVVV1T8CAAAAAAAA0D+cdQCIPOQ3/gEAAgAAAAAAAPA/AAAAAAAA4D8CAAAAAAAA8D8AAAAAAAAAAA==',
}

it('a record of version 1 gives back its decision bit for bit', () => {
  const original = exampleDecision('d', 'u')
  const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))
  const row = {
    ...{ decision_id: 'd', at: original.at, learning: null, record: null },
    ...{ packed: bytesOf(OF_VERSION_1.packed), features: bytesOf(OF_VERSION_1.features) },
  }
  expect(fromRow(row)).toStrictEqual(original)
})
