import { DAY_MS, type EpochMs, HOUR_MS, PalomaError, type PolicyState } from '@paloma/core'
import { candidateOf } from './candidate.ts'
import {
  DEFAULT_DAYS,
  type EvaluatedState,
  type EvaluationRequest,
  LEFT_OUT_CAUSES,
  type LeftOutCause,
} from './contract.ts'
import type { Deps, PastDeps } from './deps.ts'
import { type JudgedLog, judgeDecisions, longestWindowMs } from './judged-decisions.ts'
import { dayOf, keptSince } from './kept-since.ts'
import { pastRows } from './past-rows.ts'

/** Records are large: of so many, reading them holds nobody up for long. */
const PAGE_ROWS = 200

/** What reading the log needs. */
export type CandidateDeps = PastDeps & Pick<Deps, 'history'> & { readonly clock: Pick<Deps['clock'], 'now'> }

/** The stretch of the log that was judged. */
export interface JudgedStretch {
  readonly log: JudgedLog
  readonly from: EpochMs
  readonly until: EpochMs
  readonly asOf: EpochMs
  /** The one state, where all was decided with one. */
  readonly fixedState: Pick<PolicyState, 'id' | 'createdAt'> | null
}

/**
 * Judges the decisions of a stretch of the log under a candidate.
 *
 * @throws PalomaError EVALUATION_SPAN_INVALID, EVALUATION_EMPTY where nothing was decided, EVALUATION_IMMATURE where every window is still
 * open, CANDIDATE_UNFIT where all was decided under other features or objectives, EVALUATION_NOTHING_LEFT where no decision can speak,
 * STATE_GONE for a state that is not stored
 */
export async function judgeCandidate(
  deps: CandidateDeps,
  request: EvaluationRequest,
  onProgress: (seen: number, at: EpochMs) => void = () => {},
): Promise<JudgedStretch> {
  const { config, source, maxDecisions } = request
  const asOf = deps.clock.now()
  const fixed = await fixedState(deps, request.state)
  const candidate = candidateOf(config, fixed)
  const maturedUntil = asOf - longestWindowMs(candidate) - config.learning.latenessHours * HOUR_MS
  const until = request.until ?? asOf
  const wanted = request.from ?? Math.min(until, maturedUntil) - DEFAULT_DAYS * DAY_MS
  if (wanted >= until) throw invalidSpan(wanted, until)
  // What older decisions weighed, and what followed them, is no longer there whole, though files may still tell of them.
  const kept = await keptSince(deps.store.registry)
  const from = Math.max(wanted, kept)
  const rows = await pastRows(deps, source, PAGE_ROWS)
  const pages = rows.decisions({ since: from, until: until - 1 })
  const learnedUntil = fixed?.createdAt ?? null
  const log = await judgeDecisions(deps, pages, { candidate, maturedUntil, learnedUntil, maxDecisions, onProgress })
  if (log.decisions.length === 0) throw nothingLeft(log, { from: wanted, until, maturedUntil, kept })
  return { log, from, until, asOf, fixedState: fixed === null ? null : { id: fixed.id, createdAt: fixed.createdAt } }
}

async function fixedState(
  { store: { registry } }: Pick<CandidateDeps, 'store'>,
  wanted: EvaluatedState,
): Promise<PolicyState | null> {
  if (wanted === 'logged') return null
  const found = wanted === 'newest' ? await registry.latestState() : await registry.loadState(wanted)
  if (found !== undefined) return found
  throw new PalomaError('STATE_GONE', `policy state ${wanted} is not stored`, { pointer: '/state' })
}

function invalidSpan(from: EpochMs, until: EpochMs): PalomaError {
  const said = `/until must be a moment after from (${iso(from)}), got ${iso(until)}`
  return new PalomaError('EVALUATION_SPAN_INVALID', said, { pointer: '/until' })
}

const LEFT_OUT_WORDS: Readonly<Record<LeftOutCause, string>> = {
  immature: 'whose reward windows are still open',
  noConsent: 'of people who do not allow to be learned from, or are gone',
  otherSchema: 'made under other features or objectives',
  notReplayed: 'that do not come out the same from what is stored',
  learnedFrom: 'made before the state that is to be judged, which may have learned from them',
  undecidable: 'that the candidate cannot decide',
  noExploration: 'of people who do not allow chance, for whom the candidate would have chosen otherwise',
  certain: 'that neither configuration leaves to chance, and decide alike',
}

/** Decisions that were left out, largest number first: `12 whose reward windows are still open`. */
export function leftOutWords(leftOut: JudgedLog['leftOut']): readonly string[] {
  return LEFT_OUT_CAUSES.filter((cause) => leftOut[cause] > 0)
    .sort((a, b) => leftOut[b] - leftOut[a])
    .map((cause) => `${leftOut[cause]} ${LEFT_OUT_WORDS[cause]}`)
}

function nothingLeft(
  { seen, leftOut, misfit }: JudgedLog,
  span: { readonly from: EpochMs; readonly until: EpochMs; readonly maturedUntil: EpochMs; readonly kept: EpochMs },
): PalomaError {
  const when = `from ${iso(span.from)} to ${iso(span.until)}`
  if (seen === 0) {
    const deleted =
      span.kept > span.from
        ? `, or it was deleted for its age: the store keeps what happened since ${dayOf(span.kept)}`
        : ''
    return new PalomaError('EVALUATION_EMPTY', `nothing was decided ${when}${deleted}`, {
      hint: 'name another stretch of the log',
      pointer: '/from',
    })
  }
  if (leftOut.immature === seen) {
    const said = `the reward windows of all ${seen} decisions ${when} are still open: those of decisions before ${iso(span.maturedUntil)} have closed`
    return new PalomaError('EVALUATION_IMMATURE', said, { hint: 'wait, or name an earlier stretch', pointer: '/from' })
  }
  if (misfit !== null && leftOut.otherSchema > 0) return misfit
  return new PalomaError(
    'EVALUATION_NOTHING_LEFT',
    `none of the ${seen} decisions ${when} says anything of this configuration: ${leftOutWords(leftOut).join(', ')}`,
  )
}

function iso(at: EpochMs): string {
  return new Date(at).toISOString()
}
