import {
  type CompiledSnapshot,
  compileSnapshot,
  type Offers,
  offersOf,
  type Scratch,
  scratchFor,
} from './compiled-snapshot.ts'
import {
  type Decision,
  type EpochMs,
  firstSend,
  fullRow,
  type LearningFeatures,
  type Opportunity,
  type OpportunityId,
  type SentFeatures,
  type Snapshot,
  type VisitFeatures,
} from './domain/index.ts'
import type { EligibleCandidate } from './eligibility/index.ts'
import { type Columns, evaluate, lossFeatures } from './evaluate.ts'
import { type FeatureContext, featureContext } from './features/index.ts'
import { countsNow, learningFeatures, type VisitModel } from './learning/index.ts'
import { aheadOf, gainsOf } from './look-ahead.ts'
import { numbersOf } from './numeric/index.ts'

/** One decision's columns with what was chosen, and how. */
interface Choice {
  readonly columns: Columns
  readonly probabilities: Float64Array
  readonly chosen: number
  readonly now: EpochMs
  readonly scratch: Scratch
  readonly offers: Offers | null
}

/** What models of single sends look at; expected outcomes are theirs to say, so they are left out. */
function sentFeatures(
  parts: CompiledSnapshot,
  context: FeatureContext,
  { columns, chosen, scratch }: Choice,
): SentFeatures | null {
  const { sends, causes, ahead, objectives, slow } = parts
  const { actions } = columns
  const action = actions[chosen]!
  if (action.kind === 'hold' || (sends === null && causes.length === 0)) return null
  const own = fullRow(scratch.rows, chosen - firstSend(actions), scratch.psi)
  for (const [k, column] of (slow?.patternColumns ?? []).entries()) {
    own[column] = scratch.slow.patterns[k * actions.length + chosen]!
  }
  const { channel } = action
  const features = numbersOf(own)
  const pressure = lossFeatures(parts, channel, { context, scratch })
  if (ahead === null) return { channel, action: features, pressure }
  // Named, not spread: adding to a copy takes longer than all the rest here.
  return { channel, action: features, pressure, gains: gainsOf(objectives, columns, { row: chosen, channel }) }
}

/** What a decision is learned from; null where there was no chance, so that it tells nothing of effects. */
export function featuresToLearn(
  parts: CompiledSnapshot,
  context: FeatureContext,
  choice: Choice,
): LearningFeatures | null {
  const { columns, probabilities, chosen, now, scratch, offers } = choice
  const sent = sentFeatures(parts, context, choice)
  const features = learningFeatures(columns.actions, probabilities, {
    chosen,
    now,
    scratch,
    sent,
    messages: offers?.messages ?? null,
  })
  if (features === null || parts.visits === null) return features
  return { ...features, visit: visitFeatures(parts.visits, choice) }
}

/** What hazards of the next visit learn from beside g(x). */
function visitFeatures(
  { channels }: VisitModel,
  { columns, probabilities, chosen, now, scratch }: Choice,
): VisitFeatures {
  const { actions } = columns
  const chances = channels.map(() => 0)
  let mass = 0
  for (let i = 0; i < actions.length; i += 1) {
    const action = actions[i]!
    if (!countsNow(action, now)) continue
    mass += probabilities[i]!
    const place = action.kind === 'hold' ? -1 : channels.indexOf(action.channel)
    if (place >= 0) chances[place] = chances[place]! + probabilities[i]!
  }
  const choice = actions[chosen]!
  return {
    moment: numbersOf(scratch.visitMoment),
    sent: channels.map((channel) => (choice.kind === 'send' && choice.channel === channel ? 1 : 0)),
    chances: chances.map((chance) => chance / mass),
  }
}

/**
 * What a past decision would be learned from under another snapshot: its actions with other columns, its probabilities as they were. Null where
 * an opportunity is gone that it weighed, or nothing can be learned from it.
 */
export function encodeAgain(
  snapshot: Snapshot,
  decision: Decision,
  opportunities: ReadonlyMap<OpportunityId, Opportunity>,
): LearningFeatures | null {
  const sends = sendsAgain(decision, opportunities)
  if (sends === null) return null
  const { user, context } = decision.inputs
  const now = decision.at
  const parts = compileSnapshot(snapshot)
  const x = featureContext(user, { now, context }, snapshot.rules.timeZone)
  const scratch = scratchFor(parts, sends.length + 1)
  parts.encoder.encodeBaseline(x, scratch.baseline)
  const ahead = aheadOf(parts.ahead, { context: x, history: user.history, baseline: scratch.baseline })
  const columns = evaluate(parts, { context: x, scratch, ahead }, { eligible: sends, mandatory: false })
  const probabilities = Float64Array.from(decision.probabilities)
  const offers = offersOf(parts, sends, false)
  return featuresToLearn(parts, x, { columns, probabilities, chosen: decision.chosen, now, scratch, offers })
}

/** The sends that a decision weighed beside `hold`; null where one can no longer be looked up. */
function sendsAgain(
  { actions }: Decision,
  opportunities: ReadonlyMap<OpportunityId, Opportunity>,
): readonly EligibleCandidate[] | null {
  const sends: EligibleCandidate[] = []
  for (const candidate of actions) {
    if (candidate.kind === 'hold') continue
    const opportunity = opportunities.get(candidate.opportunityId)
    const variant = opportunity?.variants.find(({ name }) => name === candidate.variant)
    if (opportunity === undefined || variant === undefined) return null
    sends.push({ candidate, opportunity, variant })
  }
  return sends.length === actions.length - 1 ? sends : null
}
