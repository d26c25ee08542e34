import {
  type BelievedMessages,
  believedMessages,
  DAY_MS,
  type EpochMs,
  exampleOf,
  groupOf,
  HOUR_MS,
  type LearningTarget,
  learn,
  learningTargets,
  lineOf,
  type PolicyState,
  RESPONSE_HEAD,
  type RewardedExample,
  rewardBeyondBeliefs,
} from '@paloma/core'
import type { LearningExample } from '../store/contract.ts'
import type { Deps } from './deps.ts'
import { learnOfMessages } from './learn-of-messages.ts'
import { learnSendsEarly } from './learn-sends-early.ts'
import type { Notes } from './notes.ts'

/** Folds matured rewards into new policy states; only one process of all learns. */
export interface Learner {
  /** Learns what has matured; answers the current state, which is new if there was anything. */
  run(): Promise<PolicyState>
  isLeader(): boolean
}

const ROLE = 'learner'
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

async function learnAll(deps: LearnerDeps, state: PolicyState, notes: Notes): Promise<PolicyState> {
  const { store, clock, snapshots, config } = deps
  const at = clock.now()
  const prior = snapshots.prior()
  const keep = kept(state.createdAt, at, config.learning.halfLifeDays)
  let next = learn(state, {}, { at, keep, prior, objectives: config.objectives })
  let [seen, unfit] = [0, 0]
  const { objectives } = config
  for (const target of learningTargets(objectives)) {
    const until = maturedUntil(target, config.learning.latenessHours, at)
    const from = state.learnedUntil[target.name] ?? 0
    for await (const page of rewardedPages(deps, target, { from, until, state })) {
      const examples = page.filter(fitting(snapshots.prior(), target))
      next = learn(next, { [target.name]: { examples, until } }, { at, keep: 1, prior, objectives })
      seen += examples.length
      unfit += page.length - examples.length
    }
  }
  const messages = await learnOfMessages({
    ...{ config, state, at, keep, notes },
    pages: (span) => learnedPages(deps, { ...span, line: state.line }),
  })
  const sends = next.heads[RESPONSE_HEAD]?.dimension
  const early = await learnSendsEarly({
    ...{ config, objectives, heads: next.heads, state, at, keep, notes },
    fits: ({ learning: { sent } }) => sent === null || sends === undefined || sent.action.length === sends,
    pages: (span) => learnedPages(deps, { ...span, line: state.line }),
  })
  seen += messages.seen + early.seen
  if (unfit > 0) notes.say(`${unfit} rewards are not learned from: their decisions were made with other features`)
  if (seen === 0) return state
  const targets = learningTargets(objectives).map((target): [string, EpochMs] => {
    const until = maturedUntil(target, config.learning.latenessHours, at)
    return [target.name, Math.max(until, state.learnedUntil[target.name] ?? 0)]
  })
  const learnedUntil = { ...Object.fromEntries(targets), ...messages.learnedUntil, ...early.learnedUntil }
  const line = state.line === undefined ? {} : { line: state.line }
  const id = await store.registry.nextStateId()
  const delays = Object.keys(early.delays).length === 0 ? {} : { delays: early.delays }
  const own = { id, createdAt: at, learnedUntil, heads: early.heads }
  const learned: PolicyState = { ...next, ...own, ...line, ...delays, ...messages.learned }
  await store.registry.saveState(learned)
  snapshots.adopt(learned)
  return learned
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

/** Decisions to look at: of one line, made in an interval, with what came in their windows. */
interface Span {
  readonly from: EpochMs
  readonly until: EpochMs
  readonly windowMs: number
  readonly line: string | undefined
}

/** What is believed of single messages is not left to heads to learn once more. */
function beliefsOf({ config }: LearnerDeps, { messages }: PolicyState): BelievedMessages {
  if (config.messages === null || messages === undefined) return new Map()
  return believedMessages(config.messages, messages)
}

async function* rewardedPages(
  deps: LearnerDeps,
  target: LearningTarget,
  span: Pick<Span, 'from' | 'until'> & { readonly state: PolicyState },
): AsyncGenerator<readonly RewardedExample[]> {
  const windowMs = target.windowHours * HOUR_MS
  const { from, until, state } = span
  const beliefs = beliefsOf(deps, state).get(target.name)
  for await (const page of learnedPages(deps, { from, until, windowMs, line: state.line })) {
    yield page.map((decision) => {
      const example = exampleOf(target, decision)
      return { ...example, reward: rewardBeyondBeliefs(example.reward, beliefs, decision.learning.messages) }
    })
  }
}

/** Examples of the groups that are learned from, those of one line, a page at a time, so that memory stays bounded. */
async function* learnedPages(
  { store, snapshots, config }: LearnerDeps,
  { from, until, windowMs, line }: Span,
): AsyncGenerator<readonly LearningExample[]> {
  if (until <= from) return
  const { groups, groupSalt, experiments } = snapshots.current()
  const learned = new Set(config.learning.groups)
  const isLearnedFrom = ({ userId }: LearningExample): boolean => learned.has(groupOf(groups, groupSalt, userId))
  const apart = (experiments?.running ?? []).filter(({ learning }) => learning === 'perVariant').map(({ key }) => key)
  for await (const page of store.decisions.matured({ from, until, windowMs })) {
    const lineAt = await lineFinder(store, apart, page)
    const mine = page.filter((example) => isLearnedFrom(example) && lineAt(example) === line)
    if (mine.length > 0) yield mine
  }
}

/** Says which line a decision belongs to: that of the variant its user was last exposed to before it. */
async function lineFinder(
  { experiments }: Pick<LearnerDeps['store'], 'experiments'>,
  keys: readonly string[],
  page: readonly LearningExample[],
): Promise<(example: LearningExample) => string | undefined> {
  if (keys.length === 0) return () => undefined
  const users = [...new Set(page.map(({ userId }) => userId))]
  const found = new Map<string, { readonly at: EpochMs; readonly line: string }[]>()
  for (const { userId, variant, at, key } of await experiments.exposuresOf(keys, users)) {
    found.set(userId, [...(found.get(userId) ?? []), { at, line: lineOf({ key }, variant) }])
  }
  return ({ userId, at }) =>
    (found.get(userId) ?? []).filter((each) => each.at <= at).sort((a, b) => b.at - a.at)[0]?.line
}
