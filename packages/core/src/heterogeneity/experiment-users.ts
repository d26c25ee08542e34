import type { FeatureRows } from '../learning/index.ts'

/** Users of two variants of an experiment, as columns of one length; every user stands in one row. */
export interface ExperimentUsers {
  /** Ids; they alone decide the order in which users are split, so that the order of rows does not matter. */
  readonly keys: readonly string[]
  /** 1 treatment, 0 control. */
  readonly treated: ArrayLike<number>
  /** Planned chance of the treatment among the two, in (0, 1). */
  readonly propensity: ArrayLike<number>
  readonly features: FeatureRows
  readonly responses: ArrayLike<number>
}

/** The users at these places, in this order. */
export function usersAt(users: ExperimentUsers, places: ArrayLike<number>): ExperimentUsers {
  const all = Array.from(places)
  return {
    keys: all.map((i) => users.keys[i]!),
    treated: Uint8Array.from(all, (i) => users.treated[i]!),
    propensity: Float64Array.from(all, (i) => users.propensity[i]!),
    features: all.map((i) => users.features[i]!),
    responses: Float64Array.from(all, (i) => users.responses[i]!),
  }
}

/** The users in the order of their ids. */
export function inOrderOfKeys(users: ExperimentUsers): ExperimentUsers {
  return usersAt(users, orderOfKeys(users.keys))
}

/** Places of ids in rising order. */
export function orderOfKeys(keys: readonly string[]): readonly number[] {
  return keys.map((_, i) => i).sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : a - b))
}

/** How many users each variant has: control, treatment. */
export function armSizes(treated: ArrayLike<number>): readonly [number, number] {
  let count = 0
  for (let i = 0; i < treated.length; i++) count += treated[i]!
  return [treated.length - count, count]
}
