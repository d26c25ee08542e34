import {
  createWorld,
  type PolicyRun,
  policyNamed,
  runPolicy,
  type Scenario,
  type UserRange,
  type World,
} from '@paloma/core/simulation'
import { loadPolicy } from './policy-module.ts'

/** A policy of a comparison: a yardstick by name, or a module of one's own. */
export interface PolicyChoice {
  readonly name: string
  /** Absolute path of a module whose default export makes a `Choose` for a world; null for a yardstick. */
  readonly module: string | null
}

/** Some users' lives under one policy and seed; the least that is handed to a worker. */
export interface Task {
  readonly policy: PolicyChoice
  readonly seed: number
  readonly range: UserRange
}

/** What all tasks of a comparison share. */
export interface TaskSetting {
  readonly scenario: Scenario
  readonly users: number
  readonly days: number
  readonly startAt: number
}

/** Runs tasks of one setting one after the other and keeps the world of the last seed. */
export function taskRunner({ scenario, users, days, startAt }: TaskSetting): (task: Task) => Promise<PolicyRun> {
  let world: World | undefined
  return async ({ policy, seed, range }) => {
    if (world === undefined || world.options.seed !== seed) {
      world = createWorld({ scenario, users, days, seed, startAt })
    }
    const { name, module } = policy
    const choose = module === null ? policyNamed(world, name) : await loadPolicy(module, world)
    return runPolicy(world, choose, { range, isLearning: module !== null })
  }
}
