import {
  type DecisionId,
  type EpochMs,
  encodeAgain,
  groupOf,
  lineOf,
  type Opportunity,
  type OpportunityId,
  type PolicyState,
  type Snapshot,
} from '@paloma/core'
import type { LearningExample, Store } from '../store/contract.ts'
import type { Deps } from './deps.ts'

/** So many decisions get their features anew before others have their turn. */
const ENCODED_AT_ONCE = 200

type PagesDeps = Pick<Deps, 'store' | 'snapshots' | 'config'>

/** Decisions to look at, for a state: made in an interval, with what came in their windows. */
export interface Span {
  readonly from: EpochMs
  readonly until: EpochMs
  readonly windowMs: number
  readonly state: PolicyState
  /** Gets the decisions that cannot be learned from any more, because what they weighed is gone. */
  readonly gone: Set<DecisionId>
}

/** Examples of the groups that are learned from, those of one line, a page at a time, so that memory stays bounded. */
export async function* learnedPages(
  deps: PagesDeps,
  { from, until, windowMs, state, gone }: Span,
): AsyncGenerator<readonly LearningExample[]> {
  if (until <= from) return
  const { store, snapshots, config } = deps
  const encode = encoderFor(deps, { state, gone })
  const { groups, groupSalt, experiments } = snapshots.current()
  const learned = new Set(config.learning.groups)
  const isLearnedFrom = ({ userId }: LearningExample): boolean => learned.has(groupOf(groups, groupSalt, userId))
  const apart = (experiments?.running ?? []).filter(({ learning }) => learning === 'perVariant').map(({ key }) => key)
  for await (const page of store.decisions.matured({ from, until, windowMs })) {
    await othersTurn()
    const lineAt = await lineFinder(store, apart, page)
    const mine = page.filter((example) => isLearnedFrom(example) && lineAt(example) === state.line)
    const encoded = await encode(mine)
    if (encoded.length > 0) yield encoded
  }
}

/** An embedded store answers without waiting, so that a long run of the learner would let nobody else in: decisions, sends, the console. */
export function othersTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Says which line a decision belongs to: that of the variant its user was last exposed to before it. */
async function lineFinder(
  { experiments }: Pick<Store, 'experiments'>,
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

/** Gives decisions from before the schema changed the features of today; of others, it leaves them alone. */
function encoderFor(
  { store, snapshots }: PagesDeps,
  { state, gone }: Pick<Span, 'state' | 'gone'>,
): (examples: readonly LearningExample[]) => Promise<readonly LearningExample[]> {
  const { began } = state
  if (began === undefined) return async (examples) => examples
  const snapshot: Snapshot = { ...snapshots.current(), state }
  return async (examples) => {
    const old = examples.filter(({ at }) => at < began.at).map(({ decisionId }) => decisionId)
    if (old.length === 0) return examples
    const again = new Map<DecisionId, LearningExample['learning']>()
    for (let from = 0; from < old.length; from += ENCODED_AT_ONCE) {
      await othersTurn()
      const some = old.slice(from, from + ENCODED_AT_ONCE)
      for (const [id, learning] of await encodedAgain(store, snapshot, some)) again.set(id, learning)
    }
    return examples.flatMap((example) => {
      if (example.at >= began.at) return [example]
      const learning = again.get(example.decisionId)
      if (learning === undefined) gone.add(example.decisionId)
      return learning === undefined ? [] : [{ ...example, learning }]
    })
  }
}

/** Features of past decisions under a snapshot, as far as what they weighed is still there. */
async function encodedAgain(
  store: Store,
  snapshot: Snapshot,
  ids: readonly DecisionId[],
): Promise<ReadonlyMap<DecisionId, LearningExample['learning']>> {
  const decisions = await store.decisions.getMany(ids)
  const named = new Set([...decisions.values()].flatMap(({ inputs }) => inputs.opportunityIds))
  const opportunities = new Map<OpportunityId, Opportunity>()
  for (const [id, { opportunity }] of await store.opportunities.get([...named])) opportunities.set(id, opportunity)
  const found = new Map<DecisionId, LearningExample['learning']>()
  for (const [id, decision] of decisions) {
    const learning = encodeAgain(snapshot, decision, opportunities)
    if (learning !== null) found.set(id, learning)
  }
  return found
}
