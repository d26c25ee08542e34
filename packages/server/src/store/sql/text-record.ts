import type {
  Action,
  Assignment,
  Candidate,
  Channel,
  Decision,
  DecisionId,
  DecisionReason,
  DecisionTrigger,
  LearningFeatures,
  LossChances,
  OfferedMessages,
  OpportunityId,
  PastSend,
  Refusal,
  Scalar,
  UserHistory,
  UserId,
  UserProfile,
} from '@paloma/core/domain'
import { fromBase64, fromJsonNumbers, type JsonNumbers } from './numbers-codec.ts'

/** Columns of decisions as they were written until records were packed; they are only read. */
export interface TextRow {
  readonly decision_id: string
  readonly at: number
  /** `baseline.centred`, base64 doubles; `.channel.action.pressure` of a send, or `...`, where more follows; `.messages`, base64 JSON. */
  readonly learning: string | null
  readonly record: string
}

/** Index of the opportunity in `inputs.opportunityIds`, or its id; variant; channel; sendAt. */
export type CandidateTuple = readonly [number | string, string, Candidate['channel'], number]
export type RefusalTuple = readonly [Refusal['reason'], (string | null)?, number?]
export type SendTuple = readonly [
  number,
  PastSend['channel'],
  PastSend['category'],
  string,
  string,
  string,
  /** Group key, where there is one. */
  string?,
]

/** `record` as JSON: lists of tuples, in the order of the fields they stand for. */
export interface DecisionRecord {
  /** The user it was made for; differs from the column once he was merged into another. */
  readonly u: UserId
  readonly t: DecisionTrigger
  readonly v: string
  readonly st: number
  readonly po: string
  readonly as: readonly Assignment[]
  readonly re: DecisionReason
  /** 0 is `hold`. */
  readonly ac: readonly (CandidateTuple | 0)[]
  /** Chances of losing channels, where they were counted. */
  readonly ls?: LossChances
  readonly va: readonly (readonly [string, JsonNumbers, JsonNumbers])[]
  readonly pr: JsonNumbers
  readonly sc: JsonNumbers
  readonly sv: JsonNumbers
  readonly pb: JsonNumbers
  readonly ch: number
  /** Propensity and draw. */
  readonly pd: JsonNumbers
  readonly rf: readonly (readonly [CandidateTuple, readonly RefusalTuple[]])[]
  readonly op: readonly OpportunityId[]
  readonly om: readonly string[]
  readonly cx: Readonly<Record<string, Scalar>>
  readonly us: UserProfile
  readonly hs: readonly SendTuple[]
  readonly hr: readonly (readonly [number, Candidate['channel']])[]
  readonly hv: readonly number[]
}

/** The decision of a row with a record in JSON. */
export function fromTextRow(row: TextRow): Decision {
  const record = JSON.parse(row.record) as DecisionRecord
  const [propensity, draw] = fromJsonNumbers(record.pd)
  return {
    decisionId: row.decision_id as DecisionId,
    userId: record.u,
    at: row.at,
    trigger: record.t,
    snapshotVersion: record.v,
    stateId: record.st,
    policy: record.po,
    assignments: record.as,
    reason: record.re,
    actions: record.ac.map((tuple) => fromActionTuple(tuple, record.op)),
    values: Object.fromEntries(
      record.va.map(([name, mean, variance]) => [
        name,
        { mean: fromJsonNumbers(mean), variance: fromJsonNumbers(variance) },
      ]),
    ),
    prices: fromJsonNumbers(record.pr),
    losses: record.ls ?? {},
    scores: fromJsonNumbers(record.sc),
    scoreVariances: fromJsonNumbers(record.sv),
    probabilities: fromJsonNumbers(record.pb),
    chosen: record.ch,
    propensity: propensity!,
    draw: draw!,
    refused: record.rf.map(([candidate, refusals]) => ({
      candidate: fromCandidateTuple(candidate, record.op),
      refusals: refusals.map(fromRefusalTuple),
    })),
    learning: row.learning === null ? null : fromLearningText(row.learning),
    inputs: {
      user: { profile: record.us, history: historyOf(record) },
      opportunityIds: record.op,
      messages: record.om,
      context: record.cx,
    },
  }
}

function fromActionTuple(tuple: CandidateTuple | 0, ids: readonly OpportunityId[]): Action {
  return tuple === 0 ? { kind: 'hold' } : { kind: 'send', ...fromCandidateTuple(tuple, ids) }
}

function fromCandidateTuple(tuple: CandidateTuple, ids: readonly OpportunityId[]): Candidate {
  const [which, variant, channel, sendAt] = tuple
  return { opportunityId: typeof which === 'number' ? ids[which]! : (which as OpportunityId), variant, channel, sendAt }
}

function fromRefusalTuple([reason, rule, until]: RefusalTuple): Refusal {
  return {
    reason,
    ...(rule === undefined || rule === null ? {} : { rule }),
    ...(until === undefined ? {} : { until }),
  }
}

function historyOf(record: DecisionRecord): UserHistory {
  return {
    sends: record.hs.map(([at, channel, category, message, topic, opportunityId, groupKey]) => ({
      at,
      channel,
      category,
      message,
      topic,
      ...(groupKey === undefined ? {} : { groupKey }),
      opportunityId,
    })),
    responses: record.hr.map(([at, channel]) => ({ at, channel })),
    visits: record.hv,
  }
}

/** Message, variant and channel of the send, or 0; message, channel and value of each on offer. */
export type MessagesTuple = readonly [
  readonly [string, string, Channel] | 0,
  readonly (readonly [string, Channel, number])[],
]

function fromMessagesText(text: string): OfferedMessages {
  const [sent, centred] = JSON.parse(Buffer.from(text, 'base64').toString()) as MessagesTuple
  return {
    sent: sent === 0 ? null : { message: sent[0], variant: sent[1], channel: sent[2] },
    centred: centred.map(([message, channel, value]) => ({ message, channel, value })),
  }
}

/** The learning features of the column of that name. */
export function fromLearningText(text: string): LearningFeatures {
  const [baseline = '', centred = '', channel = '', action = '', pressure = '', messages] = text.split('.')
  const numbers = (part: string): readonly number[] => [...fromBase64(part)]
  return {
    baseline: numbers(baseline),
    centred: numbers(centred),
    sent: channel === '' ? null : { channel: channel as Channel, action: numbers(action), pressure: numbers(pressure) },
    ...(messages === undefined ? {} : { messages: fromMessagesText(messages) }),
  }
}
