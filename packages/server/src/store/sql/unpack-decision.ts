import {
  type Action,
  type Assignment,
  type Candidate,
  type Decision,
  type DecisionId,
  type LearningFeatures,
  type LossChances,
  type OfferedMessages,
  type OpportunityId,
  PalomaError,
  type PastSend,
  type Refusal,
  type SentFeatures,
  type UserHistory,
  type UserId,
  type UserProfile,
  type ValueEstimates,
} from '@paloma/core/domain'
import {
  type ByteReader,
  byteReader,
  isAtEnd,
  readByte,
  readCount,
  readList,
  readNumber,
  readNumbers,
  readPlainNumbers,
  readText,
} from './byte-reader.ts'
import { HAS, MOST_NAMES, OF_SEND, PACKED_VERSION } from './pack-decision.ts'
import { categoryCodes, channelCodes, decisionReasonCodes, refusalCodes, triggerCodes } from './record-codes.ts'

/** What candidates of one record refer to. */
interface Scene {
  readonly at: number
  readonly names: string[]
  readonly ids: readonly OpportunityId[]
}

/** What columns of its own say of a packed decision. */
interface Columns {
  readonly decisionId: DecisionId
  readonly at: number
  readonly learning: LearningFeatures | null
}

/** The decision that `packDecision` wrote, numbers bit for bit. */
export function unpackDecision(packed: Uint8Array, { decisionId, at, learning }: Columns): Decision {
  const reader = byteReader(packed)
  const numbers = numbersOf(reader)
  const names: string[] = []
  const head = readHead(reader, names)
  const opportunityIds = readList(reader, readText) as OpportunityId[]
  const messages = readList(reader, () => readName(reader, names))
  const scene: Scene = { at, names, ids: opportunityIds }
  const actions = readList(reader, () => readAction(reader, scene))
  const columns = readColumns(reader, names, numbers)
  const choice = { chosen: readCount(reader), propensity: readNumber(reader), draw: readNumber(reader) }
  const refused = readList(reader, () => readRefused(reader, scene))
  const context = JSON.parse(readText(reader)) as Decision['inputs']['context']
  const profile = JSON.parse(readText(reader)) as UserProfile
  const user = { profile, history: readHistory(reader, names, numbers) }
  const inputs = { user, opportunityIds, messages, context }
  const ahead = isAtEnd(reader) ? {} : (JSON.parse(readText(reader)) as Pick<Decision, 'dayWorths' | 'waits'>)
  return { decisionId, at, ...head, actions, ...columns, ...ahead, ...choice, refused, learning, inputs }
}

/** The features that `packLearning` wrote. */
export function unpackLearning(packed: Uint8Array): LearningFeatures {
  const reader = byteReader(packed)
  const numbers = numbersOf(reader)
  const baseline = numbers(reader)
  const centred = numbers(reader)
  const has = readByte(reader)
  return {
    baseline,
    centred,
    sent: (has & HAS.sent) === 0 ? null : readSent(reader, (has & HAS.gains) !== 0, numbers),
    ...((has & HAS.messages) === 0 ? {} : { messages: readOffered(reader) }),
    ...((has & HAS.visit) === 0
      ? {}
      : { visit: { moment: numbers(reader), sent: numbers(reader), chances: numbers(reader) } }),
  }
}

function readSent(reader: ByteReader, hasGains: boolean, numbers: ReadNumbers): SentFeatures {
  const channel = channelCodes.wordOf(readByte(reader))
  const sent = { channel, action: numbers(reader), pressure: numbers(reader) }
  return hasGains ? { ...sent, gains: numbers(reader) } : sent
}

function readOffered(reader: ByteReader): OfferedMessages {
  const hasSent = readByte(reader) === 1
  return {
    sent: hasSent
      ? { message: readText(reader), variant: readText(reader), channel: channelCodes.wordOf(readByte(reader)) }
      : null,
    centred: readList(reader, () => ({
      message: readText(reader),
      channel: channelCodes.wordOf(readByte(reader)),
      value: readNumber(reader),
    })),
  }
}

type ReadNumbers = typeof readNumbers

/** Reads the version, and answers how lists of numbers are read in it. */
function numbersOf(reader: ByteReader): ReadNumbers {
  const version = readByte(reader)
  if (version === 1) return readPlainNumbers
  if (version === PACKED_VERSION) return readNumbers
  throw new PalomaError('STORE_NEWER', `packed records up to version ${PACKED_VERSION} are known, got ${version}`, {
    hint: 'the database was written by a newer Paloma',
  })
}

type Head = Pick<Decision, 'userId' | 'trigger' | 'snapshotVersion' | 'stateId' | 'policy' | 'reason' | 'assignments'>

function readHead(reader: ByteReader, names: string[]): Head {
  return {
    userId: readText(reader) as UserId,
    trigger: triggerCodes.wordOf(readByte(reader)),
    snapshotVersion: readText(reader),
    stateId: readNumber(reader),
    policy: readText(reader),
    reason: decisionReasonCodes.wordOf(readByte(reader)),
    assignments: readList(reader, () => readAssignment(reader, names)),
  }
}

function readName(reader: ByteReader, names: string[]): string {
  const place = readCount(reader)
  if (place > 0) return named(names, place - 1)
  const name = readText(reader)
  if (names.length < MOST_NAMES) names.push(name)
  return name
}

function named<T>(list: readonly T[], place: number): T {
  const item = list[place]
  if (item === undefined) {
    throw new PalomaError('STORE_DAMAGED', `a packed record names item ${place} of ${list.length}`)
  }
  return item
}

function readAssignment(reader: ByteReader, names: string[]): Assignment {
  const base = { experiment: readName(reader, names), variant: readName(reader, names) }
  const rest = readText(reader)
  return rest === '' ? base : { ...base, ...(JSON.parse(rest) as Omit<Assignment, 'experiment' | 'variant'>) }
}

function readAction(reader: ByteReader, scene: Scene): Action {
  const place = readCount(reader)
  return place === 0 ? { kind: 'hold' } : { kind: 'send', ...readCandidate(reader, scene, place - 1) }
}

function readCandidate(reader: ByteReader, { at, names, ids }: Scene, place: number): Candidate {
  const opportunityId = place === ids.length ? (readText(reader) as OpportunityId) : named(ids, place)
  const variant = readName(reader, names)
  const code = readByte(reader)
  const channel = channelCodes.wordOf(code >> 1)
  return { opportunityId, variant, channel, sendAt: (code & 1) === 0 ? at : readNumber(reader) }
}

type ColumnNames = 'values' | 'losses' | 'prices' | 'scores' | 'scoreVariances' | 'probabilities'

function readColumns(reader: ByteReader, names: string[], numbers: ReadNumbers): Pick<Decision, ColumnNames> {
  const values = readList(reader, (): readonly [string, ValueEstimates] => [
    readName(reader, names),
    { mean: numbers(reader), variance: numbers(reader) },
  ])
  const losses = readText(reader)
  return {
    values: Object.fromEntries(values),
    losses: losses === '' ? {} : (JSON.parse(losses) as LossChances),
    prices: numbers(reader),
    scores: numbers(reader),
    scoreVariances: numbers(reader),
    probabilities: numbers(reader),
  }
}

function readRefused(reader: ByteReader, scene: Scene): Decision['refused'][number] {
  const candidate = readCandidate(reader, scene, readCount(reader) - 1)
  return { candidate, refusals: readList(reader, () => readRefusal(reader, scene.names)) }
}

function readRefusal(reader: ByteReader, names: string[]): Refusal {
  const reason = refusalCodes.wordOf(readByte(reader))
  const given = readByte(reader)
  return {
    reason,
    ...((given & 1) === 0 ? {} : { rule: readName(reader, names) }),
    ...((given & 2) === 0 ? {} : { until: readNumber(reader) }),
  }
}

function readHistory(reader: ByteReader, names: string[], numbers: ReadNumbers): UserHistory {
  return {
    sends: readList(reader, () => readSend(reader, names)),
    responses: readList(reader, () => ({ at: readNumber(reader), channel: channelCodes.wordOf(readByte(reader)) })),
    visits: numbers(reader),
  }
}

function readSend(reader: ByteReader, names: string[]): PastSend {
  const sent = {
    at: readNumber(reader),
    channel: channelCodes.wordOf(readByte(reader)),
    category: categoryCodes.wordOf(readByte(reader)),
    message: readName(reader, names),
    topic: readName(reader, names),
  }
  const has = readByte(reader)
  return {
    ...sent,
    ...((has & OF_SEND.groupKey) === 0 ? {} : { groupKey: readName(reader, names) }),
    opportunityId: readText(reader),
    ...((has & OF_SEND.waits) === 0 ? {} : { waits: { until: readNumber(reader), worth: readNumber(reader) } }),
  }
}
