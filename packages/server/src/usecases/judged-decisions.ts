import {
  type Channel,
  DAY_MS,
  type Decision,
  type EpochMs,
  HOUR_MS,
  hash53,
  isSameDistribution,
  type Opportunity,
  PalomaError,
  type Reweighed,
  rewardOf,
  reweigh,
  type Snapshot,
  type UnsupportedCause,
  type UserId,
} from '@paloma/core'
import type { SeenOutcome } from '../store/contract.ts'
import { type IdentityBook, identityBook } from './action-identities.ts'
import { attemptDecision } from './attempt-decision.ts'
import { type Candidate, misfitOf } from './candidate.ts'
import { LEFT_OUT_CAUSES, type LeftOutCause } from './contract.ts'
import type { PastDeps } from './deps.ts'
import { othersTurn } from './learned-pages.ts'

/** One decision with what the candidate would have done; columns by action run parallel. */
export interface JudgedDecision {
  readonly userId: UserId
  /** Where its user stands in the order by hash, in [0, 1). */
  readonly place: number
  /** Name and kind of the policy that made it. */
  readonly policy: string
  /** By action, an index into the book of identities. */
  readonly actions: readonly number[]
  readonly logged: readonly number[]
  readonly candidate: readonly number[]
  readonly chosen: number
  readonly unsupported: readonly UnsupportedChance[]
  /** By objective, in its unit; then channels lost. */
  readonly rewards: readonly number[]
  /** What was known of user and moment; see KNOWN_WIDTH. */
  readonly known: readonly number[]
}

/** A chance that the log never gave, and the first thing that stood against it. */
export interface UnsupportedChance {
  /** Index into the book of identities. */
  readonly action: number
  readonly probability: number
  readonly cause: UnsupportedCause
  readonly reason: string | null
  readonly rule: string | null
}

/** All that was made of a stretch of the log. */
export interface JudgedLog {
  readonly decisions: readonly JudgedDecision[]
  readonly book: IdentityBook
  /** In the span, whoever made them. */
  readonly seen: number
  /** Users whose place is below this were looked at. */
  readonly share: number
  readonly leftOut: Readonly<Record<LeftOutCause, number>>
  /** Of the latest decision that was looked at; null where there was none. */
  readonly latest: Snapshot | null
  /** What kept the latest decision of another schema out; null where none was. */
  readonly misfit: PalomaError | null
}

/** What is asked of the log. */
export interface JudgedSpan {
  readonly candidate: Candidate
  /** Rewards of decisions before this moment are all in. */
  readonly maturedUntil: EpochMs
  /** Decisions before this moment may have taught the state that the candidate is given; null where it is the log's own. */
  readonly learnedUntil: EpochMs | null
  /** Of more decisions, those of a share of the users are taken that halves until they fit. */
  readonly maxDecisions: number
  /** Gets how many decisions were read so far, and the moment of the last. */
  readonly onProgress?: (seen: number, at: EpochMs) => void
}

/** So many decisions are computed before others have their turn. */
const AT_ONCE = 25
/** Fixed, so that two evaluations look at the same people. */
const SAMPLE_SALT = 'evaluation'

/**
 * Decides every decision of a log again, under its own snapshot (which must give the same distribution) and under the candidate's, and reads
 * what followed. Memory is bounded by `maxDecisions`; the sample is of whole users, by a hash of their ids.
 */
export async function judgeDecisions(
  deps: PastDeps,
  pages: AsyncIterable<readonly Decision[]>,
  span: JudgedSpan,
): Promise<JudgedLog> {
  const reader = logReader(deps, span)
  for await (const page of pages) await reader.read(page)
  return reader.result()
}

interface Placed {
  readonly decision: Decision
  readonly place: number
}

function logReader(
  deps: PastDeps,
  span: JudgedSpan,
): { read(page: readonly Decision[]): Promise<void>; result(): JudgedLog } {
  const book = identityBook()
  const counts = causeCounts()
  let decisions: JudgedDecision[] = []
  let [seen, share] = [0, 1]
  let latest: Snapshot | null = null
  let misfit: PalomaError | null = null
  const bench: Bench = {
    ...{ deps, span, book, counts },
    note: (snapshot, fault) => {
      latest = snapshot
      misfit = fault ?? misfit
    },
  }
  return {
    async read(page) {
      seen += page.length
      const mine = page.flatMap((decision): Placed[] => {
        const place = hash53(SAMPLE_SALT, decision.userId)
        return place < share ? [{ decision, place }] : []
      })
      for (let from = 0; from < mine.length; from += AT_ONCE) {
        decisions.push(...(await judgeSome(bench, mine.slice(from, from + AT_ONCE))))
        await othersTurn()
      }
      while (decisions.length > span.maxDecisions) {
        share /= 2
        decisions = decisions.filter(({ place }) => place < share)
      }
      const last = page.at(-1)
      if (last !== undefined) span.onProgress?.(seen, last.at)
    },
    result: () => ({ ...{ decisions, book, seen, share, latest, misfit }, leftOut: counts.below(share) }),
  }
}

interface Bench {
  readonly deps: PastDeps
  readonly span: JudgedSpan
  readonly book: IdentityBook
  readonly counts: CauseCounts
  note(snapshot: Snapshot, fault: PalomaError | null): void
}

interface CauseCounts {
  add(cause: LeftOutCause, place: number): void
  /** Of users whose place is below the share. */
  below(share: number): JudgedLog['leftOut']
}

/** Counts by how often the share may halve before a user is no longer in it, so that no user needs to be remembered. */
function causeCounts(): CauseCounts {
  const byHalvings = new Map<LeftOutCause, number[]>(LEFT_OUT_CAUSES.map((cause) => [cause, []]))
  return {
    add(cause, place) {
      const halvings = Math.min(Math.ceil(-Math.log2(Math.max(place, 2 ** -53))) - 1, 53)
      const counts = byHalvings.get(cause)!
      counts[halvings] = (counts[halvings] ?? 0) + 1
    },
    below(share) {
      const least = -Math.log2(share)
      const sum = (cause: LeftOutCause): number =>
        byHalvings.get(cause)!.reduce((all, count, halvings) => (halvings >= least ? all + count : all), 0)
      return {
        immature: sum('immature'),
        noConsent: sum('noConsent'),
        otherSchema: sum('otherSchema'),
        notReplayed: sum('notReplayed'),
        learnedFrom: sum('learnedFrom'),
        undecidable: sum('undecidable'),
        noExploration: sum('noExploration'),
        certain: sum('certain'),
      }
    },
  }
}

interface Reconsidered extends Placed {
  readonly reweighed: Reweighed
  readonly messages: ReadonlyMap<string, Opportunity>
}

async function judgeSome(bench: Bench, some: readonly Placed[]): Promise<readonly JudgedDecision[]> {
  const { deps, span, counts } = bench
  const timely = some.filter(({ decision, place }) => {
    const cause = untimely(decision, span)
    if (cause !== null) counts.add(cause, place)
    return cause === null
  })
  const ids = new Set(timely.flatMap(({ decision }) => decision.inputs.opportunityIds))
  const stored = await deps.store.opportunities.get([...ids])
  const reconsidered: Reconsidered[] = []
  for (const each of timely) {
    const found = await reconsider(bench, each.decision, stored)
    if (typeof found === 'string') counts.add(found, each.place)
    else reconsidered.push({ ...each, ...found })
  }
  const moments = reconsidered.map(({ decision }) => decision)
  const outcomes = await deps.store.outcomes.within(moments, longestWindowMs(span.candidate))
  return reconsidered.flatMap((each, i) => {
    const seen = outcomes[i]!
    if (seen === null) counts.add('noConsent', each.place)
    return seen === null ? [] : [judged(bench, each, seen)]
  })
}

function untimely({ at, inputs }: Decision, { maturedUntil, learnedUntil }: JudgedSpan): LeftOutCause | null {
  if (at >= maturedUntil) return 'immature'
  if (learnedUntil !== null && at < learnedUntil) return 'learnedFrom'
  return inputs.user.profile.consent.learning ? null : 'noConsent'
}

type Stored = ReadonlyMap<string, { readonly opportunity: Opportunity }>

/** What a decision is under the candidate, once its own snapshot has given what was logged; else why it does not count. */
async function reconsider(
  { deps, span: { candidate }, note }: Bench,
  decision: Decision,
  stored: Stored,
): Promise<Pick<Reconsidered, 'reweighed' | 'messages'> | LeftOutCause> {
  const logged = await deps.snapshots.at(decision.snapshotVersion, decision.stateId).catch(nullWhereGone)
  if (logged === null) return 'notReplayed'
  const misfit = misfitOf(candidate, logged)
  note(logged, misfit)
  if (misfit !== null) return 'otherSchema'
  const messages = new Map<string, Opportunity>()
  for (const id of decision.inputs.opportunityIds) {
    const found = stored.get(id)
    if (found !== undefined) messages.set(id, found.opportunity)
  }
  const opportunities = [...messages.values()]
  const { decisionId, trigger, at, inputs } = decision
  const request = { decisionId, user: inputs.user, opportunities, context: inputs.context, trigger }
  const again = attemptDecision(logged, request, at)
  if (!again.ok || !isSameDistribution(again.decision, decision)) return 'notReplayed'
  const reweighed = attemptReweigh(candidate.snapshotFor(logged, decision), decision, opportunities)
  if (reweighed === null) return 'undecidable'
  if (reweighed.unsupported.length > 0 && !inputs.user.profile.consent.exploration) return 'noExploration'
  const isCertain = decision.propensity === 1 && reweighed.candidate[decision.chosen] === 1
  return isCertain ? 'certain' : { reweighed, messages }
}

function attemptReweigh(
  snapshot: Snapshot,
  decision: Decision,
  opportunities: readonly Opportunity[],
): Reweighed | null {
  try {
    return reweigh(snapshot, decision, opportunities)
  } catch (error) {
    if (error instanceof PalomaError) return null
    throw error
  }
}

function nullWhereGone(error: unknown): null {
  if (error instanceof PalomaError && (error.code === 'SNAPSHOT_GONE' || error.code === 'STATE_GONE')) return null
  throw error
}

/** How long what follows a decision counts for any objective. */
export function longestWindowMs({ config: { objectives } }: Pick<Candidate, 'config'>): number {
  return Math.max(...objectives.map(({ windowHours }) => windowHours)) * HOUR_MS
}

function judged(
  { span: { candidate }, book }: Bench,
  { decision, place, reweighed, messages }: Reconsidered,
  seen: readonly SeenOutcome[],
): JudgedDecision {
  const { userId, policy, at } = decision
  const actions = reweighed.actions.map((action) => book.indexOf(action, decision, messages))
  return {
    ...{ userId, place, policy, actions },
    logged: reweighed.logged,
    candidate: reweighed.candidate,
    chosen: reweighed.chosen,
    unsupported: reweighed.unsupported.map(({ action, probability, cause, refusals: [first] }) => ({
      ...{ action: actions[action]!, probability, cause },
      reason: first?.reason ?? null,
      rule: first?.rule ?? null,
    })),
    rewards: rewardsOf(candidate, at, seen),
    known: knownOf(decision),
  }
}

/** By objective what the learner would have learned from, in its unit; then how many channels were lost in the longest window. */
function rewardsOf(
  { config: { objectives } }: Candidate,
  at: EpochMs,
  seen: readonly SeenOutcome[],
): readonly number[] {
  const rewards = objectives.map((objective) => {
    const until = at + objective.windowHours * HOUR_MS
    const within = seen.filter((outcome) => outcome.at <= until)
    return (objective.scale ?? 1) * rewardOf(objective, at, within)
  })
  return [...rewards, lostChannels(seen)]
}

function lostChannels(seen: readonly SeenOutcome[]): number {
  const lost = new Set<Channel | 'all'>()
  for (const { reachLoss, channel } of seen) if (reachLoss !== null) lost.add(channel ?? 'all')
  return lost.size
}

/** How many numbers `JudgedDecision.known` has. */
export const KNOWN_WIDTH = 6
const WEEK_MS = 7 * DAY_MS

/** What tells users apart before anything is sent: how often they came lately, answered and were sent to, since when they are known, and the hour. */
function knownOf({ at, inputs: { user } }: Decision): readonly number[] {
  const { visits, responses, sends } = user.history
  const week = sends.filter((send) => send.at > at - WEEK_MS).length
  const tenureDays = Math.max(0, at - user.profile.createdAt) / DAY_MS
  const turn = (2 * Math.PI * (at % DAY_MS)) / DAY_MS
  return [
    Math.log1p(visits.length),
    Math.log1p(responses.length),
    Math.log1p(week),
    Math.log1p(tenureDays),
    Math.sin(turn),
    Math.cos(turn),
  ]
}
