import { randomFrom } from '../../random/index.ts'
import type { Arms } from '../adjustment.ts'
import type { Effect } from '../effect.ts'
import { effectBounds } from '../effect-interval.ts'
import { criticalValue, type TestMethod } from '../test-method.ts'
import { type MomentOrder, mergeVectorMoments, noVectorMoments, vectorMomentsOf } from '../vector-moments.ts'
import { normalDraws } from './normal-draws.ts'

/** One chance of each kind. */
export interface Chance {
  readonly uniform: () => number
  readonly normal: () => number
}

/** A metric of two groups whose truth is known. */
export interface PeekingScenario {
  /** Units at the end. */
  readonly control: number
  readonly treatment: number
  readonly looks: number
  readonly dimension: number
  readonly drawControl: (chance: Chance) => readonly number[]
  readonly drawTreatment: (chance: Chance) => readonly number[]
  readonly estimate: (arms: Arms) => Effect
  /** The effect that `estimate` aims at. */
  readonly truth: number
}

/** Shares of runs. */
export interface PeekingRates {
  /** An effect above 0 was claimed at some look. */
  readonly rejected: number
  /** The lower bounds of all looks lay below the truth. */
  readonly coveredBelow: number
  /** The intervals of all looks held the truth. */
  readonly covered: number
  /** Of the last look alone. */
  readonly coveredAtEnd: number
  /** Units at the stop, over those at the end. */
  readonly meanShare: number
}

/** How the test is made at look k of `looks`. */
export type MethodAt = (k: number, looks: number, units: number) => TestMethod

/** Even looks of a group sequential test, as the first so many were. */
export const evenLooks: MethodAt = (k, looks) => ({
  kind: 'groupSequential',
  fractions: Array.from({ length: k + 1 }, (_, i) => (i + 1) / looks),
})

/** Lives a scenario `runs` times, testing one-sided at `alpha` at every look. */
export function peekingRates(
  scenario: PeekingScenario,
  options: {
    readonly runs: number
    readonly key: string
    readonly alpha: number
    readonly methodAt: MethodAt
    /** 3: corrected for skewness. */
    readonly order?: MomentOrder
  },
): PeekingRates {
  const uniform = randomFrom(options.key)
  const chance = { uniform, normal: normalDraws(uniform) }
  const counts = { rejected: 0, coveredBelow: 0, covered: 0, coveredAtEnd: 0, meanShare: 0 }
  for (let run = 0; run < options.runs; run++) {
    const found = liveOnce(scenario, options, chance)
    counts.rejected += found.stop === null ? 0 : 1
    counts.coveredBelow += found.isBelow ? 1 : 0
    counts.covered += found.isCovered ? 1 : 0
    counts.coveredAtEnd += found.isCoveredAtEnd ? 1 : 0
    counts.meanShare += (found.stop ?? scenario.looks) / scenario.looks
  }
  const share = (count: number) => count / options.runs
  return {
    rejected: share(counts.rejected),
    coveredBelow: share(counts.coveredBelow),
    covered: share(counts.covered),
    coveredAtEnd: share(counts.coveredAtEnd),
    meanShare: share(counts.meanShare),
  }
}

interface Life {
  /** The first look, from 1, that claimed an effect. */
  readonly stop: number | null
  readonly isBelow: boolean
  readonly isCovered: boolean
  readonly isCoveredAtEnd: boolean
}

function liveOnce(
  scenario: PeekingScenario,
  { alpha, methodAt, order = 2 }: { readonly alpha: number; readonly methodAt: MethodAt; readonly order?: MomentOrder },
  chance: Chance,
): Life {
  const { looks, dimension, truth } = scenario
  let arms: Arms = {
    control: noVectorMoments(dimension, order),
    treatment: noVectorMoments(dimension, order),
  }
  let [stop, isBelow, isCovered, isCoveredAtEnd]: [number | null, boolean, boolean, boolean] = [null, true, true, true]
  for (let k = 0; k < looks; k++) {
    arms = grown(arms, scenario, { k, chance, order })
    const effect = scenario.estimate(arms)
    if (effect.kind === 'undefined') continue
    const method = methodAt(k, looks, arms.control.n + arms.treatment.n)
    const critical = criticalValue(method, { alpha, dof: effect.dof })
    if (critical === null) continue
    const { low, high } = effectBounds(effect, critical)
    if (stop === null && low > 0) stop = k + 1
    isBelow = isBelow && low <= truth
    isCoveredAtEnd = low <= truth && truth <= high
    isCovered = isCovered && isCoveredAtEnd
  }
  return { stop, isBelow, isCovered, isCoveredAtEnd }
}

function grown(
  arms: Arms,
  { control, treatment, looks, dimension, drawControl, drawTreatment }: PeekingScenario,
  { k, chance, order }: { readonly k: number; readonly chance: Chance; readonly order: MomentOrder },
): Arms {
  const rows = (total: number, draw: (chance: Chance) => readonly number[]) => {
    const count = Math.round((total * (k + 1)) / looks) - Math.round((total * k) / looks)
    return vectorMomentsOf(
      Array.from({ length: count }, () => draw(chance)),
      dimension,
      order,
    )
  }
  return {
    control: mergeVectorMoments(arms.control, rows(control, drawControl)),
    treatment: mergeVectorMoments(arms.treatment, rows(treatment, drawTreatment)),
  }
}
