import { isDeepStrictEqual } from 'node:util'
import {
  type BelievedMessages,
  believedMessages,
  DAY_MS,
  type DecisionId,
  type EpochMs,
  exampleOf,
  HOUR_MS,
  type LearningTarget,
  learn,
  learningTargets,
  type PolicyState,
  RESPONSE_HEAD,
  type RewardedExample,
  rewardBeyondBeliefs,
} from '@paloma/core'
import type { Deps } from './deps.ts'
import { dualPricesNow } from './dual-prices.ts'
import { learnOfMessages } from './learn-of-messages.ts'
import { learnSendsEarly } from './learn-sends-early.ts'
import { learnedPages, type Span } from './learned-pages.ts'
import { NO_NOTES, type Notes } from './notes.ts'
import { hasYetToBegin, startOf } from './state-begun.ts'

/** Folds matured rewards into new policy states; only one process of all learns. */
export interface Learner {
  /** Learns what has matured; answers the current state, which is new if there was anything. */
  run(): Promise<PolicyState>
  isLeader(): boolean
}

const ROLE = 'learner'
/** When the learner was last through with all that had matured, where somebody waits for it to delete what is old. */
export const LEARNED_AT = 'learned-at'
const SUBJECT = 'learning'

type LearnerDeps = Pick<Deps, 'store' | 'clock' | 'snapshots' | 'config'>

/**
 * The learner of this process: takes the lead if nobody has it, otherwise loads what the leader has learned. A state is
 * saved whole or not at all, and says until when it has learned, so that whoever leads next goes on from there.
 */
export function createLearner(deps: LearnerDeps, notes: Notes): Learner {
  const { store, snapshots } = deps
  let leads = false
  return {
    isLeader: () => leads,
    async run() {
      const startedAt = deps.clock.now()
      leads = await store.lead(ROLE)
      const latest = await store.registry.latestState()
      const current = snapshots.current().state
      if (latest !== undefined && latest.id > current.id) {
        if (latest.schemaHash !== current.schemaHash) {
          notes.failed(SUBJECT, `state ${latest.id} was learned under other features or objectives: this server rests`)
          return current
        }
        snapshots.adopt(latest)
      }
      notes.fine(SUBJECT)
      if (leads) await learnAll(deps, snapshots.current().state, notes)
      for (const { line } of snapshots.lines()) await runLine(deps, line!, { leads, notes })
      if (leads && deps.config.retention.storeDays !== null) {
        await store.registry.setSetting(LEARNED_AT, String(startedAt))
      }
      return snapshots.current().state
    },
  }
}

/** The same for the states of one variant that learns by itself. */
async function runLine(
  deps: LearnerDeps,
  line: string,
  { leads, notes }: { readonly leads: boolean; readonly notes: Notes },
): Promise<void> {
  const { store, snapshots } = deps
  const latest = await store.registry.latestState(line)
  const current = snapshots.lines().find((state) => state.line === line)
  if (latest === undefined || current === undefined || latest.schemaHash !== current.schemaHash) return
  if (latest.id > current.id) snapshots.adopt(latest)
  if (leads) await learnAll(deps, latest.id > current.id ? latest : current, notes)
}

async function learnAll(deps: LearnerDeps, state: PolicyState, notes: Notes): Promise<void> {
  const at = deps.clock.now()
  const isFirst = hasYetToBegin(state)
  const gone = new Set<DecisionId>()
  const past = isFirst ? await learnPast(deps, state, { until: at, gone }) : { state, seen: 0, unfit: 0 }
  const folded = await fold(deps, past.state, { at, notes, gone })
  const unfit = past.unfit + folded.unfit
  if (unfit > 0) notes.say(`${unfit} rewards are not learned from: their decisions were made with other features`)
  if (isFirst && past.seen + folded.seen > 0) {
    notes.say(`features or objectives changed: decisions from ${isoDay(startOf(state))} on were learned from again`)
  }
  if (gone.size > 0)
    notes.say(`${gone.size} older decisions are not learned from: what they weighed is no longer stored`)
  // What was looked through once is not looked through again, even if there was nothing to learn in it.
  const dualPrices = await pricesFor(deps, state, { at, notes })
  if (folded.seen === 0 && !isFirst && isDeepStrictEqual(dualPrices, state.dualPrices)) return
  const { dualPrices: _, ...rest } = folded.state
  const priced = dualPrices === undefined ? rest : { ...rest, dualPrices }
  const learned = { ...priced, id: await deps.store.registry.nextStateId(), createdAt: at }
  await deps.store.registry.saveState(learned)
  deps.snapshots.adopt(learned)
}

/** Variants that learn by themselves pay the prices of all. */
async function pricesFor(
  deps: LearnerDeps,
  state: PolicyState,
  now: { readonly at: EpochMs; readonly notes: Notes },
): Promise<PolicyState['dualPrices']> {
  return state.line === undefined ? dualPricesNow(deps, state, now) : deps.snapshots.current().state.dualPrices
}

/** The days before the schema changed, one after the other as if each had just passed, so that heads which build on others find them as they were. */
async function learnPast(
  deps: LearnerDeps,
  first: PolicyState,
  { until, gone }: { readonly until: EpochMs; readonly gone: Set<DecisionId> },
): Promise<Folded> {
  let [state, seen, unfit] = [first, 0, 0]
  for (let at = startOf(first) + DAY_MS; at < until; at += DAY_MS) {
    const folded = await fold(deps, state, { at, notes: NO_NOTES, gone })
    state = { ...folded.state, createdAt: at }
    seen += folded.seen
    unfit += folded.unfit
  }
  return { state, seen, unfit }
}

interface Folded {
  readonly state: PolicyState
  readonly seen: number
  /** Rewards whose decisions were made with other features, after this state began. */
  readonly unfit: number
}

/** What a state becomes with everything that has matured by `at`; the same state where there was nothing. */
async function fold(
  deps: LearnerDeps,
  state: PolicyState,
  { at, notes, gone }: { readonly at: EpochMs; readonly notes: Notes; readonly gone: Set<DecisionId> },
): Promise<Folded> {
  const { snapshots, config } = deps
  const { objectives } = config
  const prior = snapshots.prior()
  const keep = kept(startOf(state), at, config.learning.halfLifeDays)
  let next = learn(state, {}, { at, keep, prior, objectives })
  let [seen, unfit] = [0, 0]
  for (const target of learningTargets(objectives)) {
    const until = maturedUntil(target, config.learning.latenessHours, at)
    const from = state.learnedUntil[target.name] ?? 0
    for await (const page of rewardedPages(deps, target, { from, until, state, gone })) {
      const examples = page.filter(fitting(prior, target))
      next = learn(next, { [target.name]: { examples, until } }, { at, keep: 1, prior, objectives })
      seen += examples.length
      unfit += page.length - examples.length
    }
  }
  const pages = (span: Omit<Span, 'state' | 'gone'>) => learnedPages(deps, { ...span, state, gone })
  const messages = await learnOfMessages({ ...{ config, state, at, keep, notes, pages } })
  const sends = next.heads[RESPONSE_HEAD]?.dimension
  const early = await learnSendsEarly({
    ...{ config, objectives, heads: next.heads, state, at, keep, notes, pages },
    fits: ({ learning: { sent } }) => sent === null || sends === undefined || sent.action.length === sends,
  })
  seen += messages.seen + early.seen
  if (seen === 0) return { state, seen, unfit }
  const targets = learningTargets(objectives).map((target): [string, EpochMs] => {
    const until = maturedUntil(target, config.learning.latenessHours, at)
    return [target.name, Math.max(until, state.learnedUntil[target.name] ?? 0)]
  })
  const learnedUntil = { ...Object.fromEntries(targets), ...messages.learnedUntil, ...early.learnedUntil }
  const delays = Object.keys(early.delays).length === 0 ? {} : { delays: early.delays }
  const { line, began } = state
  const own = { ...(line === undefined ? {} : { line }), ...(began === undefined ? {} : { began }) }
  return { state: { ...next, learnedUntil, heads: early.heads, ...own, ...delays, ...messages.learned }, seen, unfit }
}

function isoDay(at: EpochMs): string {
  return new Date(at).toISOString().slice(0, 10)
}

/** Servers with an older configuration may still have decided; what they looked at does not fit these heads. */
function fitting({ heads }: PolicyState, { name }: LearningTarget): (example: RewardedExample) => boolean {
  const effects = heads[name]?.dimension
  const sends = heads[RESPONSE_HEAD]?.dimension
  return ({ features, send }) =>
    (name === RESPONSE_HEAD || effects === undefined || features.length === effects) &&
    (send === null || send === undefined || sends === undefined || send.sent.action.length === sends)
}

/** What is kept of a state that was made at `since`: one step of forgetting per midnight (UTC) that went by. */
export function kept(since: EpochMs, now: EpochMs, halfLifeDays: number): number {
  const days = Math.floor(now / DAY_MS) - Math.floor(since / DAY_MS)
  return halfLifeDays === 0 || days <= 0 ? 1 : 0.5 ** (days / halfLifeDays)
}

/** Rewards of decisions before this moment are all in. */
function maturedUntil({ windowHours }: LearningTarget, latenessHours: number, now: EpochMs): EpochMs {
  return now - (windowHours + latenessHours) * HOUR_MS
}

/** What is believed of single messages is not left to heads to learn once more. */
function beliefsOf({ config }: LearnerDeps, { messages }: PolicyState): BelievedMessages {
  if (config.messages === null || messages === undefined) return new Map()
  return believedMessages(config.messages, messages)
}

async function* rewardedPages(
  deps: LearnerDeps,
  target: LearningTarget,
  span: Omit<Span, 'windowMs'>,
): AsyncGenerator<readonly RewardedExample[]> {
  const windowMs = target.windowHours * HOUR_MS
  const { state } = span
  const beliefs = beliefsOf(deps, state).get(target.name)
  for await (const page of learnedPages(deps, { ...span, windowMs })) {
    yield page.map((decision) => {
      const example = exampleOf(target, decision)
      return { ...example, reward: rewardBeyondBeliefs(example.reward, beliefs, decision.learning.messages) }
    })
  }
}
