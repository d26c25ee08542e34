import type { Action, VariantTrial } from '../domain/index.ts'
import { packedIndex, packedLength } from '../numeric/index.ts'
import { greedy } from './greedy.ts'
import type { PolicyInput } from './policy-input.ts'
import { ratePosterior } from './rate-posterior.ts'
import { variantDistribution } from './variant-distribution.ts'

/** Actions that differ in the variant of their message alone share one place in the policy's choice. */
export interface VariantGroups {
  /** By action, its place. */
  readonly place: Int32Array
  /** By place, the first action that has it. */
  readonly first: readonly number[]
  /** By action, its probability given its place. */
  readonly share: Float64Array
}

/** Says how the variants of a message share what is sent of it; null for a message whose variants do not compete. */
export type VariantChooser = (message: string, variants: readonly string[], mayExplore: boolean) => Float64Array | null

/** Probabilities of variants by the finite horizon of their message, worked out once for each set of them. */
export function variantChooser(trials: ReadonlyMap<string, VariantTrial>): VariantChooser {
  const known = new Map<string, Float64Array>()
  return (message, variants, mayExplore) => {
    const trial = trials.get(message)
    if (trial === undefined) return null
    const key = JSON.stringify([message, mayExplore, variants])
    const found = known.get(key)
    if (found !== undefined) return found
    const shares = sharesOf(trial, variants, mayExplore)
    known.set(key, shares)
    return shares
  }
}

function sharesOf({ counts, prior, remaining, floor }: VariantTrial, variants: readonly string[], mayExplore: boolean) {
  const seen = variants.map((name) => counts.get(name) ?? { trials: 0, successes: 0 })
  if (mayExplore) return variantDistribution(seen, prior, { remaining, floor })
  return greedy(ratePosterior(seen, prior).means)
}

/** Groups the actions of messages whose variants compete; null where there are none. `messages` names each action's, null for `hold`. */
export function groupVariants(
  actions: readonly Action[],
  messages: readonly (string | null)[],
  { choose, mayExplore }: { readonly choose: VariantChooser; readonly mayExplore: boolean },
): VariantGroups | null {
  const members = new Map<string, number[]>()
  actions.forEach((action, k) => {
    const key = action.kind === 'hold' ? '' : JSON.stringify([action.opportunityId, action.channel, action.sendAt])
    const same = members.get(key)
    if (same === undefined) members.set(key, [k])
    else same.push(k)
  })
  const place = new Int32Array(actions.length)
  const share = new Float64Array(actions.length).fill(1)
  const first: number[] = []
  for (const rows of members.values()) {
    const message = messages[rows[0]!] ?? null
    const shares =
      message === null
        ? null
        : choose(
            message,
            rows.map((k) => variantOf(actions[k]!)),
            mayExplore,
          )
    rows.forEach((k, i) => {
      if (i === 0 || shares === null) first.push(k)
      place[k] = first.length - 1
      if (shares !== null) share[k] = shares[i]!
    })
  }
  return first.length === actions.length ? null : { place, first, share }
}

function variantOf(action: Action): string {
  return action.kind === 'hold' ? '' : action.variant
}

/** What a policy sees of groups: one action for each, with the mean score and variance of its variants. */
export function foldVariants(input: PolicyInput, { place, first, share }: VariantGroups): PolicyInput {
  const { actions, scores, variances, claimed, covariance, offers } = input
  const fold = (column: Float64Array): Float64Array => {
    const folded = new Float64Array(first.length)
    for (let k = 0; k < column.length; k++) folded[place[k]!] = folded[place[k]!]! + share[k]! * column[k]!
    return folded
  }
  return {
    ...input,
    actions: first.map((k) => actions[k]!),
    scores: fold(scores),
    variances: fold(variances),
    claimed: fold(claimed),
    ...(covariance === undefined ? {} : { covariance: foldCovariance(covariance, { place, first, share }) }),
    ...(offers === undefined ? {} : { offers: { ...offers, messages: first.map((k) => offers.messages[k]!) } }),
  }
}

function foldCovariance(covariance: Float64Array, { place, first, share }: VariantGroups): Float64Array {
  const folded = new Float64Array(packedLength(first.length))
  for (let i = 0; i < place.length; i++) {
    for (let j = 0; j < place.length; j++) {
      if (place[j]! > place[i]!) continue
      const at = packedIndex(place[i]!, place[j]!)
      folded[at] = folded[at]! + share[i]! * share[j]! * covariance[packedIndex(i, j)]!
    }
  }
  return folded
}

/** The joint distribution: p(message, channel, moment) × p(variant given these). */
export function unfoldVariants(probabilities: Float64Array, { place, share }: VariantGroups): Float64Array {
  return Float64Array.from(place, (group, k) => probabilities[group]! * share[k]!)
}
