import { expectedNoise, type HeadState, normalQuantile, quadraticForm } from '@paloma/core'
import type { Interval } from '../contract.ts'

/** Confidence level of every interval of a campaign's summary. */
export const SUMMARY_LEVEL = 0.95

/** How much a comparison counts a send to a user, by the numbers of both: a probability or a difference of two. */
export type ActionWeights = (user: number, action: number) => number

/** Users as encoded for the heads. */
export interface EncodedUsers {
  readonly matrix: Float64Array
  readonly width: number
  readonly actions: number
}

/** c with c'w = Σ_i Σ_a weight(i, a) · ψ_i'w_a: the direction in weight space of an expected total. */
export function totalDirection(users: EncodedUsers, weightOf: ActionWeights): Float64Array {
  const { matrix, width, actions } = users
  const direction = new Float64Array(width * actions)
  for (let user = 0; user < matrix.length / width; user += 1) {
    for (let a = 1; a < actions; a += 1) {
      const weight = weightOf(user, a)
      if (weight === 0) continue
      for (let j = 0; j < width; j += 1) {
        direction[a * width + j] = direction[a * width + j]! + weight * matrix[user * width + j]!
      }
    }
  }
  return direction
}

/** Posterior mean and variance of c'w: c'μ and σ² c'Vc. */
export function totalMoments(
  head: HeadState,
  direction: Float64Array,
): { readonly mean: number; readonly variance: number } {
  const mean = direction.reduce((sum, c, i) => sum + c * head.mean[i]!, 0)
  return { mean, variance: expectedNoise(head) * quadraticForm(head.covariance, direction) }
}

/** The central interval of a normal with these moments. */
export function normalInterval(moments: { readonly mean: number; readonly variance: number }): Interval {
  const half = normalQuantile((1 + SUMMARY_LEVEL) / 2) * Math.sqrt(moments.variance)
  return { mean: moments.mean, low: moments.mean - half, high: moments.mean + half }
}
