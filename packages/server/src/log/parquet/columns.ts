import { chosenAction, type Decision, GROUPS, knownAt, type Outcome, PalomaError } from '@paloma/core/domain'
import type { BasicType } from 'hyparquet-writer'

/** How one column of a partition is made from a record. */
export interface LogColumn<T> {
  readonly name: string
  readonly type: BasicType
  readonly value: (record: T) => string | number | boolean | Date | null
  /** How it is encoded, where that is worth saying. */
  readonly encoding?: { readonly encoding: 'PLAIN'; readonly statistics: false }
}

/** Each value comes once: looking for repeats, and for the least and the largest, would be in vain. */
const UNLIKE: NonNullable<LogColumn<never>['encoding']> = { encoding: 'PLAIN', statistics: false }

/** Columns of a decision file; `record` is the whole decision as JSON, the others are there to be queried. */
export function decisionColumns(objectives: readonly string[]): readonly LogColumn<Decision>[] {
  return [...DECISION_HEAD, ...objectives.map(valueColumn), RECORD]
}

const DECISION_HEAD: readonly LogColumn<Decision>[] = [
  { name: 'decisionId', type: 'STRING', value: (d) => d.decisionId },
  { name: 'timestamp', type: 'TIMESTAMP', value: (d) => new Date(d.at) },
  { name: 'userId', type: 'STRING', value: (d) => d.userId },
  { name: 'policy', type: 'STRING', value: (d) => d.policy },
  { name: 'stateId', type: 'DOUBLE', value: (d) => d.stateId },
  { name: 'snapshotVersion', type: 'STRING', value: (d) => d.snapshotVersion },
  { name: 'trigger', type: 'STRING', value: (d) => d.trigger },
  { name: 'group', type: 'STRING', value: groupOf },
  { name: 'assignments', type: 'STRING', value: (d) => JSON.stringify(d.assignments) },
  { name: 'reason', type: 'STRING', value: (d) => d.reason },
  { name: 'kind', type: 'STRING', value: (d) => chosenAction(d).kind },
  { name: 'opportunityId', type: 'STRING', value: (d) => sendOf(d)?.opportunityId ?? null },
  { name: 'message', type: 'STRING', value: messageOf },
  { name: 'channel', type: 'STRING', value: (d) => sendOf(d)?.channel ?? null },
  { name: 'variant', type: 'STRING', value: (d) => sendOf(d)?.variant ?? null },
  { name: 'sendAt', type: 'TIMESTAMP', value: (d) => dateOrNull(sendOf(d)?.sendAt) },
  { name: 'propensity', type: 'DOUBLE', value: (d) => finite(d.propensity) },
  { name: 'draw', type: 'DOUBLE', value: (d) => finite(d.draw) },
  { name: 'score', type: 'DOUBLE', value: (d) => finite(d.scores[d.chosen]) },
  { name: 'scoreVariance', type: 'DOUBLE', value: (d) => finite(d.scoreVariances[d.chosen]) },
  { name: 'price', type: 'DOUBLE', value: (d) => finite(d.prices[d.chosen]) },
  { name: 'nActions', type: 'INT32', value: (d) => d.actions.length },
  { name: 'nRefused', type: 'INT32', value: (d) => d.refused.length },
  { name: 'tenureDays', type: 'DOUBLE', value: (d) => finite(knownAt(d.inputs.user.profile, d.at).tenureDays) },
  { name: 'reachable', type: 'STRING', value: (d) => knownAt(d.inputs.user.profile, d.at).reachable.join(',') },
]

const RECORD: LogColumn<Decision> = { name: 'record', type: 'STRING', value: exactJson, encoding: UNLIKE }

function valueColumn(objective: string): LogColumn<Decision> {
  return { name: `value_${objective}`, type: 'DOUBLE', value: (d) => finite(d.values[objective]?.mean[d.chosen]) }
}

/** Columns of an outcome file; `record` is the whole outcome as JSON. */
export function outcomeColumns(objectives: readonly string[]): readonly LogColumn<Outcome>[] {
  return [
    { name: 'messageId', type: 'STRING', value: (o) => o.messageId },
    { name: 'userId', type: 'STRING', value: (o) => o.userId },
    { name: 'name', type: 'STRING', value: (o) => o.name },
    { name: 'timestamp', type: 'TIMESTAMP', value: (o) => new Date(o.at) },
    { name: 'receivedAt', type: 'TIMESTAMP', value: (o) => new Date(o.receivedAt) },
    { name: 'decisionId', type: 'STRING', value: (o) => o.decisionId },
    { name: 'joinedBy', type: 'STRING', value: (o) => o.joinedBy },
    { name: 'isMachine', type: 'BOOLEAN', value: (o) => o.isMachine },
    { name: 'channel', type: 'STRING', value: (o) => o.channel },
    { name: 'isVisit', type: 'BOOLEAN', value: (o) => o.isVisit },
    { name: 'isResponse', type: 'BOOLEAN', value: (o) => o.isResponse },
    { name: 'reachLoss', type: 'STRING', value: (o) => o.reachLoss },
    ...objectives.map(
      (name): LogColumn<Outcome> => ({
        name: `value_${name}`,
        type: 'DOUBLE',
        value: (o) => finite(o.values[name]),
      }),
    ),
    { name: 'record', type: 'STRING', value: exactJson, encoding: UNLIKE },
  ]
}

/** The comparison group among the assignments of a decision, if it was in one. */
function groupOf(decision: Decision): string | null {
  const isGroup = (name: string): boolean => GROUPS.some((group) => group === name)
  // Groups come first among the assignments; a variant of an experiment may have the name of one.
  return decision.assignments.find((assignment) => isGroup(assignment.variant))?.variant ?? null
}

function sendOf(decision: Decision): Extract<Decision['actions'][number], { readonly kind: 'send' }> | undefined {
  const action = chosenAction(decision)
  return action.kind === 'send' ? action : undefined
}

/** The message family of the choice; of the other actions it stands in the record, beside their opportunities. */
function messageOf(decision: Decision): string | null {
  const { opportunityIds, messages } = decision.inputs
  const send = sendOf(decision)
  return send === undefined ? null : (messages[opportunityIds.indexOf(send.opportunityId)] ?? null)
}

function dateOrNull(at: number | undefined): Date | null {
  return at === undefined ? null : new Date(at)
}

function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value
}

/** JSON that reads back as the same record; numbers which JSON cannot hold are refused, -0 excepted, which becomes 0. */
function exactJson(record: Decision | Outcome): string {
  const text = JSON.stringify(record)
  // JSON turns a number it cannot hold into null, so only a text with null needs the slower look at every number.
  if (text.includes('null')) refuseNotFinite('', record)
  return text
}

function refuseNotFinite(key: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) refuseNotFinite(name, member)
  } else if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new PalomaError('LOG_NOT_FINITE', `field ${key} must be a finite number, got ${value}`, {
      hint: 'a decision or outcome with such a number cannot be kept exactly',
    })
  }
}
