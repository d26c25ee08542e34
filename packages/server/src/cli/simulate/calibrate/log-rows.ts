import { chosenAction, type Decision, type EpochMs, type Outcome, PalomaError } from '@paloma/core/domain'
import type { Cell, TableRow } from '../../table/index.ts'

/** A decision as far as a calibration looks at it. */
export interface DecisionRow {
  readonly decisionId: string
  readonly at: EpochMs
  readonly userId: string
  /** Null when nothing was chosen to be sent. */
  readonly send: {
    readonly channel: string
    readonly message: string
    readonly variant: string
    readonly at: EpochMs
  } | null
  readonly isTransactional: boolean
  /** Null where the log does not tell. */
  readonly person: { readonly timeZone: string | null; readonly hasPush: boolean; readonly hasEmail: boolean } | null
}

/** An outcome as far as a calibration looks at it. */
export interface OutcomeRow {
  readonly at: EpochMs
  readonly userId: string
  readonly name: string
  readonly decisionId: string | null
  readonly channel: string | null
  readonly isMachine: boolean
  readonly isVisit: boolean
  readonly isResponse: boolean
  readonly reachLoss: string | null
  /** What the event adds to conversion; 0 for most. */
  readonly revenue: number
}

/** 1980; numbers below are seconds or days since 1970. */
const EARLIEST_MS = Date.UTC(1980, 0)

const VALUE_OBJECTIVE = 'conversion'

/** Reads a whole decision of the history. */
export function ofDecision(decision: Decision): DecisionRow {
  const { decisionId, at, userId, reason, inputs } = decision
  const { timeZone = null, addresses } = inputs.user.profile
  const action = chosenAction(decision)
  const place = action.kind === 'send' ? inputs.opportunityIds.indexOf(action.opportunityId) : -1
  return {
    decisionId,
    at,
    userId,
    isTransactional: reason === 'transactional',
    person: {
      timeZone,
      hasPush: addresses.push !== undefined || addresses.pushToken !== undefined,
      hasEmail: addresses.email !== undefined,
    },
    send:
      action.kind === 'hold'
        ? null
        : {
            channel: action.channel,
            message: inputs.messages[place] ?? '',
            variant: action.variant,
            at: action.sendAt,
          },
  }
}

/** Reads a whole outcome of the history. */
export function ofOutcome(outcome: Outcome): OutcomeRow {
  const { at, userId, name, decisionId, channel, isMachine, isVisit, isResponse, reachLoss, values } = outcome
  const revenue = values[VALUE_OBJECTIVE] ?? 0
  return { at, userId, name, decisionId, channel, isMachine, isVisit, isResponse, reachLoss, revenue }
}

/** Reads the cells of one row, and says which cell of which row is not what it must be. */
interface Cells {
  text(column: string): string
  textOrNull(column: string): string | null
  moment(column: string): EpochMs
  flag(column: string): boolean
  number(column: string): number
}

function cellsOf(row: TableRow, place: string): Cells {
  const filled = (column: string): Cell => {
    const cell = row[column] ?? null
    return cell === '' ? null : cell
  }
  const refuse = (column: string, wanted: string): never => {
    const got = column in row ? JSON.stringify(filled(column)) : 'no such column'
    throw new PalomaError('LOG_ROW_INVALID', `${place}: ${column} must be ${wanted}, got ${got}`)
  }
  const text = (column: string): string => {
    const cell = filled(column)
    return cell === null ? refuse(column, 'text') : String(cell)
  }
  return {
    text,
    textOrNull: (column) => (filled(column) === null ? null : text(column)),
    moment: (column) => {
      const cell = filled(column)
      const number = Number(cell ?? Number.NaN)
      const at = Number.isNaN(number) ? Date.parse(text(column)) : number
      return at >= EARLIEST_MS
        ? at
        : refuse(column, 'a moment such as 2026-01-05T09:00:00Z, or milliseconds since 1970')
    },
    flag: (column) => {
      const cell = filled(column)
      const word = String(cell ?? false).toLowerCase()
      if (word === 'false' || word === '0') return false
      return word === 'true' || word === '1' ? true : refuse(column, 'true or false')
    },
    number: (column) => {
      const value = Number(filled(column) ?? 0)
      return Number.isFinite(value) ? value : refuse(column, 'a finite number')
    },
  }
}

/** Reads a row of a table of decisions: the columns of the history without the record. Throws LOG_ROW_INVALID. */
export function decisionOfRow(row: TableRow, place: string): DecisionRow {
  const cells = cellsOf(row, place)
  const channel = cells.textOrNull('channel')
  const at = cells.moment('timestamp')
  return {
    decisionId: cells.text('decisionId'),
    at,
    userId: cells.text('userId'),
    isTransactional: cells.textOrNull('reason') === 'transactional',
    person: null,
    send:
      channel === null || cells.text('kind') === 'hold'
        ? null
        : {
            channel,
            message: cells.text('message'),
            variant: cells.textOrNull('variant') ?? '',
            at: cells.textOrNull('sendAt') === null ? at : cells.moment('sendAt'),
          },
  }
}

/** Reads a row of a table of outcomes. Throws LOG_ROW_INVALID. */
export function outcomeOfRow(row: TableRow, place: string): OutcomeRow {
  const cells = cellsOf(row, place)
  return {
    at: cells.moment('timestamp'),
    userId: cells.text('userId'),
    name: cells.text('name'),
    decisionId: cells.textOrNull('decisionId'),
    channel: cells.textOrNull('channel'),
    isMachine: cells.flag('isMachine'),
    isVisit: cells.flag('isVisit'),
    isResponse: cells.flag('isResponse'),
    reachLoss: cells.textOrNull('reachLoss'),
    revenue: cells.number(`value_${VALUE_OBJECTIVE}`),
  }
}
