import { type Estimate, hypervolume, paretoSet, type TwoGoals } from '@paloma/core'

/** A policy with what it did per user. */
export interface JudgedPolicy {
  readonly name: string
  readonly perUser: { readonly value: Estimate; readonly pushReach: Estimate }
}

/** What the policies make of value and reach together, by their means. */
export interface TradeOff {
  /** Policies that no other beats in value or push reach without losing in the other. */
  readonly undominated: readonly string[]
  /**
   * By policy, how much it adds to the area of value and push reach that the fixed cadences reach together, as a share of it; 0 where a cadence does
   * as well. Null where fewer than three of them were run, or they reach no area: there is no frontier then.
   */
  readonly beyondCadences: Readonly<Record<string, number>> | null
}

/** Policies that look at nothing; without their like no frontier stands. */
const LEAST_CADENCES = 3

function isCadence({ name }: Pick<TwoGoals, 'name'>): boolean {
  return name === 'never' || name === 'daily' || /^cadence(-\d)?$/.test(name)
}

/** Judges policies by value and push reach; the area starts at the least value of a cadence, and at no reach. */
export function tradeOffOf(policies: readonly JudgedPolicy[]): TradeOff {
  const points = policies.flatMap(({ name, perUser }): readonly TwoGoals[] => {
    const [first, second] = [perUser.value.mean, perUser.pushReach.mean]
    return first === null || second === null ? [] : [{ name, first, second }]
  })
  return { undominated: paretoSet(points).map(({ name }) => name), beyondCadences: beyondCadences(points) }
}

function beyondCadences(points: readonly TwoGoals[]): TradeOff['beyondCadences'] {
  const cadences = points.filter(isCadence)
  const reference = { first: Math.min(...cadences.map(({ first }) => first)), second: 0 }
  const area = cadences.length < LEAST_CADENCES ? 0 : hypervolume(cadences, reference)
  if (area === 0) return null
  const added = points
    .filter((point) => !isCadence(point))
    .map((point): [string, number] => [point.name, hypervolume([...cadences, point], reference) / area - 1])
  return Object.fromEntries(added)
}

/** For people: two lines, the second only where there is a frontier. */
export function tradeOffText({ undominated, beyondCadences: beyond }: TradeOff): string {
  const first = `By their means, no policy has both more value and more push reach than: ${undominated.join(', ')}.`
  const added = Object.entries(beyond ?? {})
  if (added.length === 0) return first
  const parts = added.map(([name, share]) => `${name} ${share > 0 ? '+' : ''}${(100 * share).toFixed(1)} %`)
  return `${first}\nArea of value and push reach beyond that of the fixed cadences: ${parts.join(', ')}.`
}
