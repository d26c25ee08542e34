import type { Action, Decision, PolicySpec } from '../domain/index.ts'
import { greedy } from './greedy.ts'

/** A part of a choice: whether to send, when, through which channel, which proposal and in which variant. */
export const CHOICE_STEPS = ['hold', 'send', 'moment', 'channel', 'message', 'variant'] as const
export type ChoiceStep = (typeof CHOICE_STEPS)[number]

/** With which probability one part of a choice fell as it did, given the parts before it. */
export interface PropensityFactor {
  readonly step: ChoiceStep
  readonly probability: number
}

type Send = Extract<Action, { readonly kind: 'send' }>

const NARROWING: readonly { readonly step: ChoiceStep; readonly isAlike: (a: Send, b: Send) => boolean }[] = [
  { step: 'moment', isAlike: (a, b) => a.sendAt === b.sendAt },
  { step: 'channel', isAlike: (a, b) => a.channel === b.channel },
  { step: 'message', isAlike: (a, b) => a.opportunityId === b.opportunityId },
  { step: 'variant', isAlike: (a, b) => a.variant === b.variant },
]

/**
 * The propensity of a decision as a product: P(send) · P(moment | send) · P(channel | moment) · P(message | channel, moment) · P(variant | all of
 * these), or P(hold). Sums of the logged distribution, so they are exact and their product is the propensity, up to rounding. A choice of an action
 * without a chance has factors of 0 from where its chance ends.
 */
export function propensityFactors({
  actions,
  probabilities,
  chosen,
}: Pick<Decision, 'actions' | 'probabilities' | 'chosen'>): readonly PropensityFactor[] {
  const action = actions[chosen]!
  if (action.kind === 'hold') return [{ step: 'hold', probability: probabilities[chosen]! }]
  let left = actions.flatMap((each, i) => (each.kind === 'send' ? [{ each, probability: probabilities[i]! }] : []))
  const massOf = (some: typeof left): number => some.reduce((sum, { probability }) => sum + probability, 0)
  let mass = massOf(left)
  const factors: PropensityFactor[] = [{ step: 'send', probability: mass }]
  for (const { step, isAlike } of NARROWING) {
    left = left.filter(({ each }) => isAlike(each, action))
    const narrowed = massOf(left)
    factors.push({ step, probability: mass > 0 ? narrowed / mass : 0 })
    mass = narrowed
  }
  return factors
}

/** Policies that choose by scores; the others have no best guess. */
const BY_SCORE: readonly string[] = [
  'greedy',
  'epsilonGreedy',
  'softmax',
  'thompson',
  'thompsonDraws',
  'squareCb',
  'bounded',
] satisfies readonly PolicySpec['kind'][]

/** The distribution a decision would have had if nobody explored: all on the best score, ties alike; null where its policy looks at no score. */
export function withoutExploration({ policy, scores }: Pick<Decision, 'policy' | 'scores'>): Float64Array | null {
  return BY_SCORE.includes(policy.slice(policy.indexOf('/') + 1)) ? greedy(Float64Array.from(scores)) : null
}
