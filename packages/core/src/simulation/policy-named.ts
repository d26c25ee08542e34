import { PalomaError } from '../domain/index.ts'
import { cadence, dailyPush, myopicResponse, neverSend, oracle, randomHalf, usualHourOf } from './fixed-policies.ts'
import type { Choose } from './run-world.ts'
import type { World } from './world.ts'

/** One yardstick as lists show it. */
export interface PolicyDescription {
  readonly name: string
  readonly about: string
}

/** The yardsticks; `N` stands for sends a week, 1 to 7. */
export const POLICIES: readonly PolicyDescription[] = [
  { name: 'never', about: 'sends nothing: what people do by themselves' },
  { name: 'daily', about: 'every day the highest claim, by push where it can' },
  { name: 'cadence', about: 'business as usual: the highest claim on three days a week, push before e-mail' },
  { name: 'cadence-N', about: 'the same on N days a week' },
  { name: 'push-N', about: 'the same on N days a week, by push alone' },
  { name: 'email-N', about: 'the same on N days a week, by e-mail alone' },
  { name: 'random', about: 'on half of all days any open send, each alike' },
  { name: 'myopic', about: 'knows every response; every day the send that is opened most, whatever it costs' },
  { name: 'oracle', about: 'knows every true effect and prices lost reach; near the optimum, not at it' },
]

const PATTERN = /^(cadence|push|email)-([1-7])$/

function cadenceNamed(world: World, name: string): Choose | undefined {
  const [, kind, perWeek] = PATTERN.exec(name) ?? []
  if (kind === undefined) return undefined
  const channels = kind === 'cadence' ? (['push', 'email'] as const) : ([kind === 'push' ? 'push' : 'email'] as const)
  return cadence({ perWeek: Number(perWeek), localHour: usualHourOf(world), channels })
}

/** Makes a yardstick for one world; throws UNKNOWN_POLICY with the names there are. Make one per run: some remember. */
export function policyNamed(world: World, name: string): Choose {
  switch (name) {
    case 'never':
      return neverSend()
    case 'daily':
      return dailyPush(usualHourOf(world))
    case 'cadence':
      return cadence({ localHour: usualHourOf(world) })
    case 'random':
      return randomHalf(world.options.seed + 1)
    case 'myopic':
      return myopicResponse(world)
    case 'oracle':
      return oracle(world)
  }
  const found = cadenceNamed(world, name)
  if (found !== undefined) return found
  const known = POLICIES.map((policy) => policy.name).join(', ')
  throw new PalomaError('UNKNOWN_POLICY', `policy must be one of ${known} (N from 1 to 7), got ${name}`)
}
