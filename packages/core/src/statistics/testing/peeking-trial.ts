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

/** One way of testing that a scenario is lived with. */
export interface PeekingTest {
  readonly methodAt: MethodAt
  readonly isCorrected: boolean
}

interface Trial {
  readonly runs: number
  readonly key: string
  /** One-sided, at every look. */
  readonly alpha: number
}

/** Lives a scenario `runs` times with one test. */
export function peekingRates(
  scenario: PeekingScenario,
  options: Trial & { readonly methodAt: MethodAt; readonly isCorrected?: boolean },
): PeekingRates {
  const { methodAt, isCorrected = false, ...trial } = options
  return peekingRatesOf(scenario, { ...trial, tests: [{ methodAt, isCorrected }] })[0]!
}

/** Lives a scenario `runs` times with several tests of the same lives. */
export function peekingRatesOf(
  scenario: PeekingScenario,
  options: Trial & { readonly tests: readonly PeekingTest[] },
): readonly PeekingRates[] {
  const uniform = randomFrom(options.key)
  const chance = { uniform, normal: normalDraws(uniform) }
  const counts = options.tests.map(() => ({ rejected: 0, coveredBelow: 0, covered: 0, coveredAtEnd: 0, meanShare: 0 }))
  for (let run = 0; run < options.runs; run++) {
    for (const [i, found] of liveOnce(scenario, options, chance).entries()) {
      const count = counts[i]!
      count.rejected += found.stop === null ? 0 : 1
      count.coveredBelow += found.isBelow ? 1 : 0
      count.covered += found.isCovered ? 1 : 0
      count.coveredAtEnd += found.isCoveredAtEnd ? 1 : 0
      count.meanShare += (found.stop ?? scenario.looks) / scenario.looks
    }
  }
  const share = (count: number) => count / options.runs
  return counts.map((count) => ({
    rejected: share(count.rejected),
    coveredBelow: share(count.coveredBelow),
    covered: share(count.covered),
    coveredAtEnd: share(count.coveredAtEnd),
    meanShare: share(count.meanShare),
  }))
}

interface Life {
  /** The first look, from 1, that claimed an effect. */
  readonly stop: number | null
  readonly isBelow: boolean
  readonly isCovered: boolean
  readonly isCoveredAtEnd: boolean
}

const UNSEEN: Life = { stop: null, isBelow: true, isCovered: true, isCoveredAtEnd: true }

function liveOnce(
  scenario: PeekingScenario,
  { alpha, tests }: Pick<Trial, 'alpha'> & { readonly tests: readonly PeekingTest[] },
  chance: Chance,
): readonly Life[] {
  const { looks, dimension } = scenario
  const order = tests.some(({ isCorrected }) => isCorrected) ? 3 : 2
  let arms: Arms = { control: noVectorMoments(dimension, order), treatment: noVectorMoments(dimension, order) }
  let lives: readonly Life[] = tests.map(() => UNSEEN)
  for (let k = 0; k < looks; k++) {
    arms = grown(arms, scenario, { k, chance, order })
    const effect = scenario.estimate(arms)
    if (effect.kind === 'undefined') continue
    const units = arms.control.n + arms.treatment.n
    const criticals = new Map<MethodAt, number | null>()
    lives = lives.map((life, i) => {
      const { methodAt, isCorrected } = tests[i]!
      const critical = criticals.get(methodAt) ?? criticalValue(methodAt(k, looks, units), { alpha, dof: effect.dof })
      criticals.set(methodAt, critical)
      if (critical === null) return life
      const { asymmetry: _, contrast: __, ...plain } = effect
      return lookAt(life, effectBounds(isCorrected ? effect : plain, critical), { look: k + 1, truth: scenario.truth })
    })
  }
  return lives
}

function lookAt(
  life: Life,
  { low, high }: { readonly low: number; readonly high: number },
  { look, truth }: { readonly look: number; readonly truth: number },
): Life {
  const isCoveredAtEnd = low <= truth && truth <= high
  return {
    stop: life.stop ?? (low > 0 ? look : null),
    isBelow: life.isBelow && low <= truth,
    isCovered: life.isCovered && isCoveredAtEnd,
    isCoveredAtEnd,
  }
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
