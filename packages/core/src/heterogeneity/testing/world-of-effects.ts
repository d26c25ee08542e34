import { randomFrom } from '../../random/index.ts'
import type { ExperimentUsers } from '../experiment-users.ts'

/** What is true in a made-up experiment. */
export interface WorldOfEffects {
  readonly users: number
  /** Chance of the treatment. */
  readonly share: number
  /** The effect of a user whose second feature is x: average + slope · x. */
  readonly average: number
  readonly slope: number
  /** Whether responses are skewed, as amounts are. */
  readonly isSkewed?: boolean
}

/** An experiment with three features, the first of which moves the response and the second the effect. */
export function worldOfEffects(key: string, world: WorldOfEffects): ExperimentUsers {
  const { users, share, average, slope, isSkewed = false } = world
  const random = randomFrom(key)
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const features = Array.from({ length: users }, () => Float64Array.from({ length: 3 }, normal))
  const treated = Uint8Array.from({ length: users }, () => (random() < share ? 1 : 0))
  const noise = (): number => (isSkewed ? -Math.log(1 - random()) - 1 : normal())
  const responses = Float64Array.from(features, (row, i) => {
    const effect = average + slope * row[1]!
    return 0.5 * row[0]! + treated[i]! * effect + noise()
  })
  return {
    keys: features.map((_, i) => `user ${i}`),
    treated,
    propensity: new Float64Array(users).fill(share),
    features,
    responses,
  }
}
