import type { Candidate, Decision, LearningFeatures, OfferedMessages, PastSend, Refusal } from '@paloma/core/domain'
import { type JsonNumbers, toBytes } from '../numbers-codec.ts'
import type { CandidateTuple, DecisionRecord, MessagesTuple, RefusalTuple, SendTuple, TextRow } from '../text-record.ts'

/** A decision as rows were written until records were packed: what stands in old databases. */
export function toTextRow(decision: Decision): TextRow {
  return {
    decision_id: decision.decisionId,
    at: decision.at,
    learning: decision.learning === null ? null : toLearningText(decision.learning),
    record: JSON.stringify(toRecord(decision)),
  }
}

function toRecord(decision: Decision): DecisionRecord {
  const { user, opportunityIds, messages, context } = decision.inputs
  const position = new Map(opportunityIds.map((id, index) => [id, index]))
  const toTuple = ({ opportunityId, variant, channel, sendAt }: Candidate): CandidateTuple => [
    position.get(opportunityId) ?? opportunityId,
    variant,
    channel,
    sendAt,
  ]
  return {
    u: decision.userId,
    t: decision.trigger,
    v: decision.snapshotVersion,
    st: decision.stateId,
    po: decision.policy,
    as: decision.assignments,
    re: decision.reason,
    ac: decision.actions.map((action) => (action.kind === 'hold' ? 0 : toTuple(action))),
    va: Object.entries(decision.values).map(([name, { mean, variance }]) => [
      name,
      toJsonNumbers(mean),
      toJsonNumbers(variance),
    ]),
    pr: toJsonNumbers(decision.prices),
    ...(Object.keys(decision.losses).length === 0 ? {} : { ls: decision.losses }),
    sc: toJsonNumbers(decision.scores),
    sv: toJsonNumbers(decision.scoreVariances),
    pb: toJsonNumbers(decision.probabilities),
    ch: decision.chosen,
    pd: toJsonNumbers([decision.propensity, decision.draw]),
    rf: decision.refused.map(({ candidate, refusals }) => [toTuple(candidate), refusals.map(toRefusalTuple)]),
    op: opportunityIds,
    om: messages,
    cx: context,
    us: user.profile,
    hs: user.history.sends.map(toSendTuple),
    hr: user.history.responses.map(({ at, channel }) => [at, channel]),
    hv: user.history.visits,
  }
}

function toRefusalTuple({ reason, rule, until }: Refusal): RefusalTuple {
  if (until !== undefined) return [reason, rule ?? null, until]
  return rule === undefined ? [reason] : [reason, rule]
}

function toSendTuple({ at, channel, category, message, topic, groupKey, opportunityId }: PastSend): SendTuple {
  return groupKey === undefined
    ? [at, channel, category, message, topic, opportunityId]
    : [at, channel, category, message, topic, opportunityId, groupKey]
}

function toLearningText({ baseline, centred, sent, messages }: LearningFeatures): string {
  const always = `${toBase64(baseline)}.${toBase64(centred)}`
  const send = sent === null ? '' : `.${sent.channel}.${toBase64(sent.action)}.${toBase64(sent.pressure)}`
  if (messages === undefined) return `${always}${send}`
  return `${always}${send === '' ? '...' : send}.${Buffer.from(JSON.stringify(toMessagesTuple(messages))).toString('base64')}`
}

function toMessagesTuple({ sent, centred }: OfferedMessages): MessagesTuple {
  return [
    sent === null ? 0 : [sent.message, sent.variant, sent.channel],
    centred.map(({ message, channel, value }) => [message, channel, value]),
  ]
}

function toBase64(values: readonly number[]): string {
  return Buffer.from(toBytes(values)).toString('base64')
}

const MOST_PLAIN = 4

function toJsonNumbers(values: readonly number[]): JsonNumbers {
  const isKeptByJson = (value: number): boolean => Number.isFinite(value) && !Object.is(value, -0)
  return values.length <= MOST_PLAIN && values.every(isKeptByJson) ? values : toBase64(values)
}
