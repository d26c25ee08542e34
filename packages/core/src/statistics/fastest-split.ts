import { type ExperimentPlanInput, evenSplit, planExperiment } from './plan-experiment.ts'
import { absoluteEffect, type Split, unitVariance } from './required-units.ts'

const GOLDEN = (Math.sqrt(5) - 1) / 2
const SPLIT_STEPS = 60

/**
 * The split between control and C equal treatments for which the plan needs fewest units: √C : 1 where spreads are
 * alike, more to the group that varies more where they are not. Golden section; the need is convex in the control's
 * share.
 */
export function fastestSplit(input: ExperimentPlanInput): Split {
  const { treatments = 1 } = input
  const splitAt = (control: number): Split => ({ control, treatment: (1 - control) / treatments })
  const drifts = planExperiment({ ...input, split: evenSplit(treatments) })
  const needAt = (control: number) => {
    const split = splitAt(control)
    const needs = input.metrics.map((metric, k) => {
      const effect = absoluteEffect(metric)
      const noise = unitVariance(metric, { effect, split })
      return typeof noise === 'string' ? 0 : noise * (drifts.metrics[k]!.drift / effect) ** 2
    })
    return Math.max(0, ...needs)
  }
  let [low, high] = [0, 1]
  for (let step = 0; step < SPLIT_STEPS; step++) {
    const [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)]
    if (needAt(left) <= needAt(right)) high = right
    else low = left
  }
  return splitAt((low + high) / 2)
}
