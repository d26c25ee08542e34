import { HOUR_MS, learn, type ObjectiveBatch, type PolicyState, type RewardedExample, rewardOf } from '@paloma/core'
import type { Deps } from './deps.ts'

/** Folds matured rewards into new policy states; only one process of all learns. */
export interface Learner {
  /** Learns what has matured; answers the current state, which is new if there was anything. */
  run(): Promise<PolicyState>
  isLeader(): boolean
}

const ROLE = 'learner'

/** The learner of this process: takes the lead if nobody has it, otherwise loads what the leader has learned. */
export function createLearner({ store, clock, snapshots, config }: Deps): Learner {
  let leads = false

  const batchFor = async (
    state: PolicyState,
    objective: (typeof config.objectives)[number],
  ): Promise<ObjectiveBatch> => {
    const windowMs = objective.windowHours * HOUR_MS
    const from = state.learnedUntil[objective.name] ?? 0
    const until = clock.now() - windowMs - config.learning.latenessHours * HOUR_MS
    const examples: RewardedExample[] = []
    if (until <= from) return { examples, until: from }
    for await (const page of store.decisions.matured({ from, until, windowMs })) {
      for (const { at, learning, outcomes } of page) {
        const reward = rewardOf(objective, at, outcomes)
        examples.push({ features: Float64Array.from([...learning.baseline, ...learning.centred]), reward })
      }
    }
    return { examples, until }
  }

  const follow = async (): Promise<PolicyState> => {
    const { state } = snapshots.current()
    const latest = await store.registry.latestState()
    if (latest === undefined || latest.id <= state.id || latest.schemaHash !== state.schemaHash) return state
    snapshots.adopt(latest)
    return latest
  }

  return {
    isLeader: () => leads,
    async run() {
      leads = await store.lead(ROLE)
      const state = await follow()
      if (!leads) return state
      const batches: Record<string, ObjectiveBatch> = {}
      for (const objective of config.objectives) batches[objective.name] = await batchFor(state, objective)
      if (Object.values(batches).every(({ examples }) => examples.length === 0)) return state
      const at = clock.now()
      const { halfLifeDays } = config.learning
      const keep = halfLifeDays === 0 ? 1 : 0.5 ** ((at - state.createdAt) / (halfLifeDays * 24 * HOUR_MS))
      const next = learn(state, batches, { at, keep, prior: snapshots.prior() })
      await store.registry.saveState(next)
      snapshots.adopt(next)
      return next
    },
  }
}
