import {
  type Action,
  assertNever,
  type GapWeight,
  PalomaError,
  type PolicySpec,
  type Sharpness,
} from '../domain/index.ts'
import { packedDiagonal, packedIndex, packedLength } from '../numeric/index.ts'
import { bounded } from './bounded.ts'
import { cadence } from './cadence.ts'
import { epsilonGreedy } from './epsilon-greedy.ts'
import { greedy } from './greedy.ts'
import { holdout } from './holdout.ts'
import { mixFloor } from './mix-floor.ts'
import { openHorizonSharpness } from './open-horizon.ts'
import type { PolicyInput } from './policy-input.ts'
import { randomSend } from './random-send.ts'
import { softmax } from './softmax.ts'
import { gapWeight, squareCb } from './square-cb.ts'
import { thompson } from './thompson.ts'
import { thompsonDraws } from './thompson-draws.ts'

/**
 * Probabilities over `input.actions`, ≥ 0 with sum 1, by the policy that `spec` names; the floor is mixed in. Throws
 * NO_ACTIONS on an empty list and SCORE_NOT_FINITE naming the score or variance that is no number. `out` is memory that the answer may lie in:
 * a fresh column takes longer than most policies.
 */
export function distributionFor(
  spec: PolicySpec,
  input: PolicyInput,
  out: Float64Array = new Float64Array(input.actions.length),
): Float64Array {
  checkInput(input)
  const { actions, scores, variances } = input
  switch (spec.kind) {
    case 'greedy':
      return floored(greedy(scores, out), spec.floor)
    case 'epsilonGreedy':
      return epsilonGreedy(scores, spec.epsilon)
    case 'softmax':
      return floored(softmax(scores, spec.temperature, out), spec.floor)
    case 'thompson':
      return floored(thompson(scores, variances, sharpnessOf(spec.sharpness, input), out), spec.floor)
    case 'squareCb':
      return floored(squareCb(scores, gammaOf(spec.gamma, input), out), spec.floor)
    case 'thompsonDraws':
      return floored(drawn(input, spec), spec.floor)
    case 'bounded':
      return bounded(spec, input, distributionFor(spec.policy, input))
    case 'cadence':
      return cadence(input, spec)
    case 'random':
      return randomSend(actions, spec.holdProbability)
    case 'holdout':
      return holdout(actions)
    default:
      return assertNever(spec)
  }
}

function sharpnessOf(sharpness: Sharpness, { learned = 0 }: PolicyInput): number {
  return sharpness === 'openHorizon' ? openHorizonSharpness(learned) : sharpness
}

function gammaOf(gamma: GapWeight, { actions, learned = 0 }: PolicyInput): number {
  return gapWeight(gamma, { actions: actions.length, learned })
}

/** The floor mixed into a fresh distribution, where it lies: a column less to allocate. */
function floored(probabilities: Float64Array, floor: number): Float64Array {
  return mixFloor(probabilities, floor, probabilities)
}

/** Whether a policy wants to know how the scores hang together. */
export function needsCovariance(spec: PolicySpec): boolean {
  return spec.kind === 'thompsonDraws' || (spec.kind === 'bounded' && spec.policy.kind === 'thompsonDraws')
}

/** Joint draws with the actions in an order of their own, so that an action's chance does not depend on its place. */
function drawn(
  input: PolicyInput,
  { draws, sharpness: wanted }: { readonly draws: number; readonly sharpness: Sharpness },
): Float64Array {
  const { actions, scores, variances, covariance = packedDiagonal(variances), decisionId } = input
  const sharpness = sharpnessOf(wanted, input)
  const names = actions.map(nameOf)
  const order = names.map((_, k) => k).sort((a, b) => (names[a]! < names[b]! ? -1 : 1))
  const sorted = new Float64Array(packedLength(order.length))
  order.forEach((a, i) => {
    for (let j = 0; j <= i; j++) sorted[packedIndex(i, j)] = covariance[packedIndex(a, order[j]!)]! / sharpness
  })
  const posterior = { scores: Float64Array.from(order, (k) => scores[k]!), covariance: sorted }
  const frequencies = thompsonDraws(posterior, { draws, key: `thompson/${decisionId}` })
  const probabilities = new Float64Array(order.length)
  order.forEach((k, i) => {
    probabilities[k] = frequencies[i]!
  })
  return probabilities
}

function nameOf(action: Action): string {
  if (action.kind === 'hold') return ''
  return JSON.stringify([action.opportunityId, action.variant, action.channel, action.sendAt])
}

function checkInput({ actions, scores, variances }: PolicyInput): void {
  if (actions.length === 0) throw new PalomaError('NO_ACTIONS', 'actions must not be empty, got 0')
  for (let i = 0; i < actions.length; i++) {
    if (!Number.isFinite(scores[i])) throw notFinite(`scores[${i}]`, scores[i], 'a finite number')
    const variance = variances[i]
    if (!(variance !== undefined && variance >= 0 && variance < Infinity)) {
      throw notFinite(`variances[${i}]`, variance, 'a finite number ≥ 0')
    }
  }
}

function notFinite(field: string, value: number | undefined, expected: string): PalomaError {
  return new PalomaError('SCORE_NOT_FINITE', `${field} must be ${expected}, got ${value}`, {
    hint: 'check weights, prices and features of the snapshot',
  })
}
