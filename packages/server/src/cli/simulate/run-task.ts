import { pathToFileURL } from 'node:url'
import { PalomaError } from '@paloma/core/domain'
import {
  type Choose,
  createWorld,
  type PolicyRun,
  policyNamed,
  runPolicy,
  type Scenario,
  type UserRange,
  type World,
} from '@paloma/core/simulation'

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

async function chooseOf(world: World, { name, module }: PolicyChoice): Promise<Choose> {
  if (module === null) return policyNamed(world, name)
  const loaded: unknown = await import(pathToFileURL(module).href).catch((cause: unknown) => {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new PalomaError('POLICY_MODULE', `${module} cannot be loaded: ${detail}`, { cause })
  })
  const make = loaded !== null && typeof loaded === 'object' && 'default' in loaded ? loaded.default : undefined
  const choose: unknown = typeof make === 'function' ? make(world) : undefined
  if (typeof choose !== 'function') {
    throw new PalomaError('POLICY_MODULE', `${module}: the default export must be a function that answers a function`, {
      hint: 'export default (world) => (context) => null',
    })
  }
  return (context) => choose(context)
}

/** Runs tasks of one setting one after the other and keeps the world of the last seed. */
export function taskRunner({ scenario, users, days, startAt }: TaskSetting): (task: Task) => Promise<PolicyRun> {
  let world: World | undefined
  return async ({ policy, seed, range }) => {
    if (world === undefined || world.options.seed !== seed) {
      world = createWorld({ scenario, users, days, seed, startAt })
    }
    return runPolicy(world, await chooseOf(world, policy), { range, isLearning: policy.module !== null })
  }
}
