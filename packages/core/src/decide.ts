import {
  type CompiledSnapshot,
  compileSnapshot,
  type Offers,
  offersOf,
  type Scratch,
  scratchFor,
} from './compiled-snapshot.ts'
import {
  type Action,
  type ActionRows,
  type Assignment,
  type Decision,
  type DecisionReason,
  type DecisionRequest,
  type EpochMs,
  type ExperimentSetup,
  firstSend,
  fullMatrix,
  type Group,
  type Opportunity,
  type OpportunityId,
  type PolicySpec,
  type Snapshot,
} from './domain/index.ts'
import { eligibleCandidates } from './eligibility/index.ts'
import { type Columns, evaluate } from './evaluate.ts'
import { assign, ownSnapshot, withExperiments } from './experiment/index.ts'
import { type FeatureContext, featureContext } from './features/index.ts'
import { featuresToLearn } from './features-to-learn.ts'
import { scoreCovariance } from './learning/index.ts'
import { aheadOf, waitsOf } from './look-ahead.ts'
import { numbersOf } from './numeric/index.ts'
import { distributionFor, distributionOverMessages, needsCovariance, sampleIndex } from './policy/index.ts'

export { shapeOf } from './compiled-snapshot.ts'

const NO_EXPERIMENTS: ExperimentSetup = { running: [], layers: [], withholding: null }

/** Someone who does not want to be explored on gets the same rules and values, without chance. */
function policyFor(group: Group, snapshot: Snapshot, mayExplore: boolean): PolicySpec {
  const { policy } = snapshot.groups[group]
  const isFixed = policy.kind === 'cadence' || policy.kind === 'holdout'
  return mayExplore || isFixed ? policy : { kind: 'greedy', floor: 0 }
}

/** How the scores of all actions hang together, where the policy asks for it. */
function covarianceFor(
  spec: PolicySpec,
  snapshot: Snapshot,
  {
    parts,
    sends,
    actions,
  }: { readonly parts: CompiledSnapshot; readonly sends: ActionRows; readonly actions: readonly Action[] },
): Float64Array | null {
  if (!needsCovariance(spec)) return null
  const rows = actions.length
  const first = firstSend(actions)
  const { width } = parts.heads
  const matrix = fullMatrix(sends, { sends: rows - first, first, width })
  const terms = parts.effects.map(({ name, weight, scale = 1 }) => ({
    head: snapshot.state.heads[name]!,
    weight: weight * scale,
  }))
  return scoreCovariance(terms, { offset: parts.encoder.baselineNames.length, rows, width, matrix })
}

/** What the probabilities of one decision hang on, beside its columns. */
interface Chances {
  readonly mandatory: boolean
  readonly spec: PolicySpec
  readonly request: DecisionRequest
  readonly context: FeatureContext
  readonly own: Snapshot
  readonly parts: CompiledSnapshot
  readonly scratch: Scratch
  readonly offers: Offers | null
}

function distribution(columns: Columns, chances: Chances): Float64Array {
  const { actions, scores, variances, claimed } = columns
  const { spec, request, context, own, parts, scratch, offers } = chances
  if (chances.mandatory) {
    const certain = new Float64Array(actions.length)
    certain[0] = 1
    return certain
  }
  const covariance = covarianceFor(spec, own, { parts, sends: scratch.fullRows, actions })
  const input = {
    actions,
    scores,
    variances,
    claimed,
    ...(covariance === null ? {} : { covariance }),
    decisionId: request.decisionId,
    user: request.user,
    now: context.now,
    zone: context.zone,
    learned: parts.learned,
  }
  if (offers === null) return distributionFor(spec, input, scratch.probabilities)
  const { messages, plan } = offers
  const mayExplore = request.user.profile.consent.exploration
  const counted = { ...input, offers: { messages, sends: plan.sends } }
  return distributionOverMessages(spec, counted, { choose: plan.choose, mayExplore })
}

function reasonFor(group: Group, columns: Columns, mandatory: boolean): DecisionReason {
  if (mandatory) return 'transactional'
  if (group === 'holdout') return 'holdout'
  return columns.actions.length === 1 ? 'nothing-eligible' : 'policy'
}

/** What a decision keeps of the opportunities it saw. */
function namesOf(opportunities: readonly Opportunity[]): Pick<Decision['inputs'], 'opportunityIds' | 'messages'> {
  const opportunityIds = new Array<OpportunityId>(opportunities.length)
  const messages = new Array<string>(opportunities.length)
  for (let i = 0; i < opportunities.length; i += 1) {
    opportunityIds[i] = opportunities[i]!.id
    messages[i] = opportunities[i]!.message
  }
  return { opportunityIds, messages }
}

/**
 * Decides for one user at one moment: eligibility, value against `hold`, price, distribution, one draw. A function of
 * its arguments alone; the same three give the same record, which is what replay relies on.
 *
 * @param random one uniform number in [0, 1) per call, derived from the decision's id
 * @throws PalomaError SCHEMA_CHANGED when the policy state was learned under other features or objectives
 */
export function decide(
  snapshot: Snapshot,
  request: DecisionRequest,
  { now, random }: { readonly now: EpochMs; readonly random: () => number },
): Decision {
  const { user, opportunities, trigger } = request
  const { profile } = user
  const shared = compileSnapshot(snapshot)
  const group = assign(snapshot.groupSalt, profile.userId, shared.shares)
  const { snapshot: own, participations } = ownSnapshot(snapshot, { profile, group }, now)
  const parts = own === snapshot ? shared : compileSnapshot(own)
  const screened = eligibleCandidates({ user, opportunities, rules: own.rules, now, trigger })
  const scene = { setup: snapshot.experiments ?? NO_EXPERIMENTS, participations, profile, group, now }
  const { eligible, refused, mandatory, assignments } = withExperiments(screened, scene)
  const context = featureContext(user, { now, context: request.context }, own.rules.timeZone)
  const draw = random()
  // From here to the end nothing but our own functions runs, so that no other decision can use the same memory.
  const scratch = scratchFor(parts, eligible.length + (mandatory ? 0 : 1))
  parts.encoder.encodeBaseline(context, scratch.baseline)
  const ahead = aheadOf(parts.ahead, { context, history: user.history, baseline: scratch.baseline })
  const columns = evaluate(parts, { context, scratch, ahead }, { eligible, mandatory })
  const spec = policyFor(group, own, user.profile.consent.exploration)
  const offers = offersOf(parts, eligible, mandatory)
  const chances = { mandatory, spec, request, context, own, parts, scratch, offers }
  const probabilities = distribution(columns, chances)
  const chosen = sampleIndex(probabilities, draw)
  const mayLearn = user.profile.consent.learning && !mandatory
  const { opportunityIds, messages } = namesOf(screened.opportunities)
  const inGroup: Assignment = { experiment: 'group', variant: group }
  return {
    decisionId: request.decisionId,
    userId: user.profile.userId,
    at: now,
    trigger,
    snapshotVersion: snapshot.version,
    stateId: snapshot.state.id,
    policy: `${group}/${mandatory ? 'mandatory' : spec.kind}`,
    assignments: assignments.length === 0 ? [inGroup] : [inGroup, ...assignments],
    reason: reasonFor(group, columns, mandatory),
    actions: columns.actions,
    values: columns.values,
    losses: columns.losses,
    ...(ahead.dayWorths === undefined ? {} : { dayWorths: ahead.dayWorths }),
    ...waitsOf(parts.ahead, columns, { chosen, opportunities }),
    prices: numbersOf(columns.prices),
    scores: numbersOf(columns.scores),
    scoreVariances: numbersOf(columns.variances),
    probabilities: numbersOf(probabilities),
    chosen,
    propensity: probabilities[chosen]!,
    draw,
    refused,
    learning: mayLearn
      ? featuresToLearn(parts, context, { columns, probabilities, chosen, now, scratch, offers })
      : null,
    inputs: { user, opportunityIds, messages, context: request.context },
  }
}
