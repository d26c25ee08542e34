import {
  type ActionRows,
  addEntry,
  CHANNELS,
  type Channel,
  copyRow,
  type HeadState,
  type Objective,
  priorEffectSdOf,
  type SparseRows,
} from '../domain/index.ts'
import { type HeadStack, stackHeads } from './head-stack.ts'
import { chanceOf } from './logistic-head.ts'
import { outcomeHeadOf, RESPONSE_HEAD, throughResponse, worthHeadOf } from './send-heads.ts'
import type { VisitExtras, VisitHazard } from './visit-model.ts'

type Columns = Readonly<Partial<Record<Channel, number>>>

/** One objective whose value comes through responses. */
interface Outcome {
  /** Its place among all objectives. */
  readonly objective: number
  readonly columns: Columns
  /** Raw reward of one outcome. */
  readonly worth: number
  /** Raw reward of an answer by itself, through each channel. */
  readonly habit: Columns
  /** Raw reward in which its columns are written. */
  readonly unit: number
}

/** What single sends bring by themselves: the heads side by side, answers first, then outcomes given an answer. */
export interface SendModel {
  readonly stack: HeadStack
  readonly outcomes: readonly Outcome[]
  /** How many objectives there are in all. */
  readonly objectives: number
}

/** Lays out what a state knows of single sends; null when no objective builds on it. */
export function sendModelOf(parts: {
  readonly objectives: readonly Objective[]
  readonly columns: Readonly<Record<string, Columns>>
  readonly head: (name: string) => HeadState
}): SendModel | null {
  const through = throughResponse(parts.objectives)
  if (through.length === 0) return null
  const response = parts.head(RESPONSE_HEAD)
  const heads = [response, ...through.map(({ name }) => parts.head(outcomeHeadOf(name)))]
  return {
    stack: stackHeads(heads, { offset: 0, width: response.dimension }),
    objectives: parts.objectives.length,
    outcomes: through.map((objective) => ({
      objective: parts.objectives.indexOf(objective),
      columns: parts.columns[objective.name] ?? {},
      worth: parts.head(worthHeadOf(objective.name)).mean[0]!,
      habit: habitOf(objective),
      unit: priorEffectSdOf(objective),
    })),
  }
}

/** What an answer is worth, so that dividing by the share that is traced leaves it as the owner said. */
function habitOf({ habit = 0, traced }: Objective): Columns {
  return Object.fromEntries(CHANNELS.map((channel) => [channel, habit * (traced?.[channel] ?? 1)]))
}

/** What the slow model says of every send: effect k of row r at k · rows + r, for these columns. */
export interface SlowEffects {
  readonly columns: readonly number[]
  readonly values: Float64Array
}

/** What hazards of the next visit say of every send of a decision. */
export interface VisitEffects {
  readonly hazards: readonly VisitHazard[]
  readonly extras: VisitExtras
}

/** Appends the extra chances of a send to its row, and puts down their variance. */
function addVisits(
  { hazards, extras }: VisitEffects,
  channel: Channel,
  {
    i,
    rows,
    proposals,
    variance,
  }: { readonly i: number; readonly rows: number; readonly proposals: SparseRows; readonly variance: Float64Array },
): void {
  for (let h = 0; h < hazards.length; h++) {
    const { columns, unit, objective } = hazards[h]!
    const column = columns[channel]
    if (column === undefined) continue
    addEntry(proposals, column, extras.chances[h * rows + i]! / unit)
    variance[objective * rows + i] = extras.variances[h * rows + i]!
  }
}

/**
 * Writes into `out` the rows of `sends` with columns of their own after those of their proposals: what the slow model says of every send,
 * which depends on way and proposal together.
 */
export function fillSaid(
  { columns, values }: SlowEffects,
  { sends, out }: { readonly sends: ActionRows; readonly out: ActionRows },
  { rows, first }: Pick<Expectations, 'rows' | 'first'>,
): void {
  out.proposals.size[0] = 0
  for (let i = first; i < rows; i++) {
    beginRow(sends, i - first, out)
    for (let k = 0; k < columns.length; k++) addEntry(out.proposals, columns[k]!, values[k * rows + i]!)
  }
}

/** A send's own row of proposals, to which more may be added. */
function beginRow(sends: ActionRows, send: number, out: ActionRows): void {
  copyRow(sends.proposals, sends.proposalOf[send]!, out.proposals)
  out.proposalOf[send] = send
}

/** What every send of a decision is expected to bring, and how sure that is. */
export interface Expectations {
  readonly rows: number
  /** Rows before it hold back. */
  readonly first: number
  /** Log odds of answer and outcomes, head k of row r at k · rows + r, and their variance. */
  readonly logOdds: Float64Array
  readonly logOddsVariance: Float64Array
  /** Variance of the expected raw reward, objective k of row r at k · rows + r. */
  readonly variance: Float64Array
}

/**
 * Writes into `out` the rows of `sends` with what each send is expected to bring by itself, its extra chances of a visit, and what the slow model says of it,
 * in effect units.
 * Expected outcome of a send = chance × worth + chance of an answer × habit, the log odds of the chance being those of an answer plus those of an outcome
 * given one; its variance by the delta method from that of the log odds.
 */
export function fillExpected(
  { outcomes }: Pick<SendModel, 'outcomes'>,
  {
    sends,
    channels,
    visits,
    slow,
    out,
  }: {
    readonly sends: ActionRows
    readonly channels: readonly Channel[]
    readonly visits: VisitEffects | null
    readonly slow: SlowEffects | null
    readonly out: ActionRows
  },
  { rows, first, logOdds, logOddsVariance, variance }: Expectations,
): void {
  const { proposals } = out
  proposals.size[0] = 0
  for (let i = first; i < rows; i++) {
    const send = i - first
    const channel = channels[send]!
    beginRow(sends, send, out)
    for (let k = 0; k < outcomes.length; k++) {
      const { objective, columns, worth, habit, unit } = outcomes[k]!
      const at = (k + 1) * rows + i
      const chance = chanceOf(logOdds[i]! + logOdds[at]!)
      const answer = chanceOf(logOdds[i]!)
      const expected = chance * worth + answer * (habit[channel] ?? 0)
      const column = columns[channel]
      if (column !== undefined) addEntry(proposals, column, expected / unit)
      const slope = chance * worth * (1 - chance)
      variance[objective * rows + i] = slope * slope * (logOddsVariance[i]! + logOddsVariance[at]!)
    }
    if (visits !== null) addVisits(visits, channel, { i, rows, proposals, variance })
    if (slow === null) continue
    for (let k = 0; k < slow.columns.length; k++) addEntry(proposals, slow.columns[k]!, slow.values[k * rows + i]!)
  }
}
