import type {
  Assignment,
  Candidate,
  Decision,
  LearningFeatures,
  OfferedMessages,
  OpportunityId,
  PastSend,
  Refusal,
  UserProfile,
  UserState,
} from '@paloma/core/domain'
import {
  type ByteWriter,
  byteWriter,
  writeByte,
  writeCount,
  writeNumber,
  writeNumbers,
  writeRaw,
  writeText,
  writtenBytes,
} from './byte-writer.ts'
import { categoryCodes, channelCodes, decisionReasonCodes, refusalCodes, triggerCodes } from './record-codes.ts'

/** First byte of a packed record. A record of another form gets another version; readers know all of them. In the first, numbers that come again were written again. */
export const PACKED_VERSION = 2

/** Texts of one record that were written in full; a repeat is its place from 1 on. Later texts are always in full. */
export const MOST_NAMES = 32

/** What candidates of one record refer to. */
interface Scene {
  readonly at: number
  readonly names: string[]
  readonly ids: readonly OpportunityId[]
  /** Place of the opportunity found last: candidates come in the order of their opportunities. */
  place: number
}

/** Appends the record of a decision, all but id and moment, which have columns of their own. */
export function packDecision(writer: ByteWriter, decision: Decision): void {
  const { user, opportunityIds, messages, context } = decision.inputs
  const scene: Scene = { at: decision.at, names: [], ids: opportunityIds, place: 0 }
  writeByte(writer, PACKED_VERSION)
  writeText(writer, decision.userId)
  writeByte(writer, triggerCodes.codeOf(decision.trigger))
  writeText(writer, decision.snapshotVersion)
  writeNumber(writer, decision.stateId)
  writeText(writer, decision.policy)
  writeByte(writer, decisionReasonCodes.codeOf(decision.reason))
  writeCount(writer, decision.assignments.length)
  for (const assignment of decision.assignments) packAssignment(writer, scene, assignment)
  writeCount(writer, opportunityIds.length)
  for (const id of opportunityIds) writeText(writer, id)
  writeCount(writer, messages.length)
  for (const message of messages) writeName(writer, scene, message)
  packActions(writer, scene, decision)
  packColumns(writer, scene, decision)
  writeCount(writer, decision.chosen)
  writeNumber(writer, decision.propensity)
  writeNumber(writer, decision.draw)
  packRefused(writer, scene, decision)
  writeText(writer, JSON.stringify(context))
  packUser(writer, scene, user)
  packAhead(writer, decision)
}

/** What a decision that looked ahead saw; nothing where it did not, as records had it before. */
function packAhead(writer: ByteWriter, { dayWorths, waits }: Decision): void {
  if (dayWorths === undefined && waits === undefined) return
  writeText(writer, JSON.stringify({ dayWorths, waits }))
}

/** Appends what is learned from; what there is beside the features is said in one byte. */
export function packLearning(writer: ByteWriter, { baseline, centred, sent, messages, visit }: LearningFeatures): void {
  writeByte(writer, PACKED_VERSION)
  writeNumbers(writer, baseline)
  writeNumbers(writer, centred)
  writeByte(
    writer,
    (sent === null ? 0 : HAS.sent) +
      (messages === undefined ? 0 : HAS.messages) +
      (sent?.gains === undefined ? 0 : HAS.gains) +
      (visit === undefined ? 0 : HAS.visit),
  )
  if (sent !== null) {
    writeByte(writer, channelCodes.codeOf(sent.channel))
    writeNumbers(writer, sent.action)
    writeNumbers(writer, sent.pressure)
    if (sent.gains !== undefined) writeNumbers(writer, sent.gains)
  }
  if (messages !== undefined) packOffered(writer, messages)
  if (visit === undefined) return
  writeNumbers(writer, visit.moment)
  writeNumbers(writer, visit.sent)
  writeNumbers(writer, visit.chances)
}

/** Bits of the byte that says what there is to learn from. */
export const HAS = { sent: 1, messages: 2, gains: 4, visit: 8 } as const

function packOffered(writer: ByteWriter, { sent, centred }: OfferedMessages): void {
  writeByte(writer, sent === null ? 0 : 1)
  if (sent !== null) {
    writeText(writer, sent.message)
    writeText(writer, sent.variant)
    writeByte(writer, channelCodes.codeOf(sent.channel))
  }
  writeCount(writer, centred.length)
  for (const { message, channel, value } of centred) {
    writeText(writer, message)
    writeByte(writer, channelCodes.codeOf(channel))
    writeNumber(writer, value)
  }
}

function writeName(writer: ByteWriter, { names }: Scene, name: string): void {
  const place = names.indexOf(name)
  writeCount(writer, place + 1)
  if (place >= 0) return
  writeText(writer, name)
  if (names.length < MOST_NAMES) names.push(name)
}

function packAssignment(writer: ByteWriter, scene: Scene, assignment: Assignment): void {
  const { experiment, variant, ...rest } = assignment
  writeName(writer, scene, experiment)
  writeName(writer, scene, variant)
  let isPlain = true
  for (const _ in rest) isPlain = false
  writeText(writer, isPlain ? '' : JSON.stringify(rest))
}

/** `hold` is 0, a send what its candidate begins with, which is never 0. */
function packActions(writer: ByteWriter, scene: Scene, { actions }: Decision): void {
  writeCount(writer, actions.length)
  scene.place = 0
  for (const action of actions) {
    if (action.kind === 'hold') writeCount(writer, 0)
    else packCandidate(writer, scene, action)
  }
}

/** The opportunity's place from 1 on, or one beyond the last and its id; variant; channel; moment, where it is not now. */
function packCandidate(writer: ByteWriter, scene: Scene, { opportunityId, variant, channel, sendAt }: Candidate): void {
  const { ids } = scene
  const place = placeOf(scene, opportunityId)
  writeCount(writer, place + 1)
  if (place === ids.length) writeText(writer, opportunityId)
  writeName(writer, scene, variant)
  writeByte(writer, 2 * channelCodes.codeOf(channel) + (sendAt === scene.at ? 0 : 1))
  if (sendAt !== scene.at) writeNumber(writer, sendAt)
}

/** Where among the opportunities an id is; their number for one that is not there. */
function placeOf(scene: Scene, id: OpportunityId): number {
  const { ids, place } = scene
  if (ids[place] === id) return place
  const next = ids[place + 1] === id ? place + 1 : ids.indexOf(id)
  if (next < 0) return ids.length
  scene.place = next
  return next
}

function packColumns(writer: ByteWriter, scene: Scene, decision: Decision): void {
  const { values, losses } = decision
  let objectives = 0
  for (const _ in values) objectives += 1
  writeCount(writer, objectives)
  for (const name in values) {
    const { mean, variance } = values[name]!
    writeName(writer, scene, name)
    writeNumbers(writer, mean)
    writeNumbers(writer, variance)
  }
  let hasLosses = false
  for (const _ in losses) hasLosses = true
  writeText(writer, hasLosses ? JSON.stringify(losses) : '')
  writeNumbers(writer, decision.prices)
  writeNumbers(writer, decision.scores)
  writeNumbers(writer, decision.scoreVariances)
  writeNumbers(writer, decision.probabilities)
}

function packRefused(writer: ByteWriter, scene: Scene, { refused }: Decision): void {
  writeCount(writer, refused.length)
  scene.place = 0
  for (const { candidate, refusals } of refused) {
    packCandidate(writer, scene, candidate)
    writeCount(writer, refusals.length)
    for (const refusal of refusals) packRefusal(writer, scene, refusal)
  }
}

function packRefusal(writer: ByteWriter, scene: Scene, { reason, rule, until }: Refusal): void {
  writeByte(writer, refusalCodes.codeOf(reason))
  writeByte(writer, (rule === undefined ? 0 : 1) + (until === undefined ? 0 : 2))
  if (rule !== undefined) writeName(writer, scene, rule)
  if (until !== undefined) writeNumber(writer, until)
}

function packUser(writer: ByteWriter, scene: Scene, { profile, history }: UserState): void {
  writeRaw(writer, profileBytes(profile))
  writeCount(writer, history.sends.length)
  for (const send of history.sends) packSend(writer, scene, send)
  writeCount(writer, history.responses.length)
  for (const { at, channel } of history.responses) {
    writeNumber(writer, at)
    writeByte(writer, channelCodes.codeOf(channel))
  }
  writeNumbers(writer, history.visits)
}

function packSend(writer: ByteWriter, scene: Scene, send: PastSend): void {
  const { at, channel, category, message, topic, groupKey, opportunityId, waits } = send
  writeNumber(writer, at)
  writeByte(writer, channelCodes.codeOf(channel))
  writeByte(writer, categoryCodes.codeOf(category))
  writeName(writer, scene, message)
  writeName(writer, scene, topic)
  writeByte(writer, (groupKey === undefined ? 0 : OF_SEND.groupKey) + (waits === undefined ? 0 : OF_SEND.waits))
  if (groupKey !== undefined) writeName(writer, scene, groupKey)
  writeText(writer, opportunityId)
  if (waits === undefined) return
  writeNumber(writer, waits.until)
  writeNumber(writer, waits.worth)
}

/** Bits of the byte that says what there is of a past send beside what all have. */
export const OF_SEND = { groupKey: 1, waits: 2 } as const

/** Profiles of users in memory, packed: they change less often than is decided. */
const packedProfiles = new WeakMap<UserProfile, Uint8Array>()

function profileBytes(profile: UserProfile): Uint8Array {
  const known = packedProfiles.get(profile)
  if (known !== undefined) return known
  const text = JSON.stringify(profile)
  const writer = byteWriter(text.length + 5)
  writeText(writer, text)
  const packed = writtenBytes(writer)
  packedProfiles.set(profile, packed)
  return packed
}
