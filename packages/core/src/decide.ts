import {
  type CompiledSnapshot,
  claimOf,
  compileSnapshot,
  type Offers,
  offersOf,
  priceOf,
  type Scratch,
  scratchFor,
} from './compiled-snapshot.ts'
import {
  type Action,
  type ActionRows,
  type Assignment,
  type Channel,
  type Decision,
  type DecisionReason,
  type DecisionRequest,
  type EpochMs,
  type ExperimentSetup,
  firstSend,
  fullMatrix,
  fullRow,
  type Group,
  type LossChances,
  type Objective,
  type Opportunity,
  type PolicySpec,
  type SentFeatures,
  type Snapshot,
  type ValueEstimates,
} from './domain/index.ts'
import { type EligibleCandidate, eligibleCandidates } from './eligibility/index.ts'
import { assign, ownSnapshot, withExperiments } from './experiment/index.ts'
import { type FeatureContext, featureContext, pressureOf } from './features/index.ts'
import {
  addBeliefs,
  fillExpected,
  isHazard,
  learningFeatures,
  predictActions,
  type ReachCost,
  reachCost,
  scoreCovariance,
} from './learning/index.ts'
import { numbersOf } from './numeric/index.ts'
import { distributionFor, distributionOverMessages, needsCovariance, sampleIndex } from './policy/index.ts'

export { shapeOf } from './compiled-snapshot.ts'

/** Columns of one decision in the making; row 0 is `hold` unless a message is mandatory. */
interface Columns {
  readonly actions: readonly Action[]
  readonly values: Readonly<Record<string, ValueEstimates>>
  readonly losses: LossChances
  readonly prices: Float64Array
  readonly scores: Float64Array
  readonly variances: Float64Array
  readonly claimed: Float64Array
}

const NO_EXPERIMENTS: ExperimentSetup = { running: [], layers: [], withholding: null }
const NO_COSTS: ReadonlyMap<Channel, ReachCost> = new Map()
const NO_LOSSES: LossChances = {}
const HOLD: Action = { kind: 'hold' }

function actionsOf(eligible: readonly EligibleCandidate[], mandatory: boolean): readonly Action[] {
  const actions: Action[] = mandatory ? [] : [HOLD]
  for (const { candidate } of eligible) actions.push(candidate)
  return actions
}

/** Mean and variance of one objective's raw reward, row by row from `from`. */
interface Predicted {
  readonly mean: Float64Array
  readonly variance: Float64Array
  readonly from: number
  /** Variance beside the head's own, likewise; null where there is none. */
  readonly extra: { readonly variance: Float64Array; readonly from: number } | null
}

/** Adds one objective's values to scores and variances. */
function addObjective(
  columns: Pick<Columns, 'scores' | 'variances'>,
  { weight, scale = 1 }: Objective,
  predicted: Predicted,
): ValueEstimates {
  const { scores, variances } = columns
  const { extra } = predicted
  const mean = new Array<number>(scores.length)
  const variance = new Array<number>(scores.length)
  for (let i = 0; i < scores.length; i += 1) {
    const value = predicted.mean[predicted.from + i]! * scale
    const raw = predicted.variance[predicted.from + i]! + (extra === null ? 0 : extra.variance[extra.from + i]!)
    const spread = raw * scale * scale
    mean[i] = value
    variance[i] = spread
    scores[i] = scores[i]! + weight * value
    variances[i] = variances[i]! + weight * weight * spread
  }
  return { mean, variance }
}

/** What a send through each of these channels costs in reach, once per channel. */
function reachCosts(
  { causes }: CompiledSnapshot,
  context: FeatureContext,
  sends: readonly EligibleCandidate[],
): ReadonlyMap<Channel, ReachCost> {
  if (causes.length === 0) return NO_COSTS
  const costs = new Map<Channel, ReachCost>()
  for (const { candidate } of sends) {
    const { channel } = candidate
    if (!costs.has(channel)) costs.set(channel, reachCost(causes, channel, pressureOf(context, channel)))
  }
  return costs
}

/** Lost channels as a reward below 0: `hold` loses none. */
function predictedLosses(
  sends: readonly EligibleCandidate[],
  rows: number,
  costs: ReadonlyMap<Channel, ReachCost>,
): Predicted {
  const mean = new Float64Array(rows)
  const variance = new Float64Array(rows)
  for (let i = rows - sends.length; i < rows; i += 1) {
    const cost = costs.get(sends[i - rows + sends.length]!.candidate.channel)
    mean[i] = -(cost?.mean ?? 0)
    variance[i] = cost?.variance ?? 0
  }
  return { mean, variance, from: 0, extra: null }
}

/** Writes the rows with what each send is expected to bring by itself. */
function addExpected(
  { sends: model }: CompiledSnapshot,
  eligible: readonly EligibleCandidate[],
  { rows, scratch }: { readonly rows: number; readonly scratch: Scratch },
): void {
  if (model === null) return
  const { logOdds, logOddsVariance, expectedVariance } = scratch
  const first = rows - eligible.length
  predictActions(model.stack, scratch.rows, { rows, first, mean: logOdds, variance: logOddsVariance })
  expectedVariance.fill(0)
  const channels = eligible.map(({ candidate }) => candidate.channel)
  const parts = { sends: scratch.rows, channels, out: scratch.fullRows }
  fillExpected(model, parts, { rows, first, logOdds, logOddsVariance, variance: expectedVariance })
}

/** Adds how each message differs from the average one, for objectives of which that is believed. */
function addMessages(
  { messages, effects }: CompiledSnapshot,
  eligible: readonly EligibleCandidate[],
  { rows, mean, variance }: { readonly rows: number; readonly mean: Float64Array; readonly variance: Float64Array },
): void {
  if (messages === null || messages.beliefs.size === 0) return
  effects.forEach(({ name }, k) => {
    const beliefs = messages.beliefs.get(name)
    if (beliefs !== undefined) addBeliefs(beliefs, eligible, { mean, variance, until: (k + 1) * rows })
  })
}

/** Prices of all actions, and what upstream claims of them; `hold` has neither. */
function fillPrices(
  parts: CompiledSnapshot,
  eligible: readonly EligibleCandidate[],
  { prices, claimed, first }: Pick<Columns, 'prices' | 'claimed'> & { readonly first: number },
): void {
  if (first === 1) {
    prices[0] = 0
    claimed[0] = 0
  }
  for (let i = 0; i < eligible.length; i += 1) {
    const { candidate, opportunity } = eligible[i]!
    prices[first + i] = priceOf(parts, candidate.channel, opportunity.message)
    claimed[first + i] = claimOf(parts, opportunity)
  }
}

function evaluate(
  parts: CompiledSnapshot,
  { context, scratch }: { readonly context: FeatureContext; readonly scratch: Scratch },
  choice: { readonly eligible: readonly EligibleCandidate[]; readonly mandatory: boolean },
): Columns {
  const { eligible, mandatory } = choice
  const first = mandatory ? 0 : 1
  const rows = eligible.length + first
  const { mean, variance, prices, claimed, scores, variances } = scratch
  parts.encoder.encodeActions(context, eligible, scratch.rows)
  addExpected(parts, eligible, { rows, scratch })
  predictActions(parts.heads, scratch.fullRows, { rows, first, mean, variance })
  addMessages(parts, eligible, { rows, mean, variance })
  fillPrices(parts, eligible, { prices, claimed, first })
  for (let i = 0; i < rows; i += 1) scores[i] = -prices[i]!
  variances.fill(0)
  const costs = reachCosts(parts, context, eligible)
  const values = valuesOf(parts, { rows, scratch, losses: () => predictedLosses(eligible, rows, costs) })
  return {
    actions: actionsOf(eligible, mandatory),
    values,
    losses: lossesOf(costs),
    prices,
    scores,
    variances,
    claimed,
  }
}

/** Values of every objective, which also go into scores and variances. */
function valuesOf(
  { objectives, effects, sends }: CompiledSnapshot,
  { rows, scratch, losses }: { readonly rows: number; readonly scratch: Scratch; readonly losses: () => Predicted },
): Readonly<Record<string, ValueEstimates>> {
  const { mean, variance, expectedVariance } = scratch
  const values: Record<string, ValueEstimates> = {}
  for (let k = 0; k < objectives.length; k += 1) {
    const objective = objectives[k]!
    const from = effects.indexOf(objective) * rows
    const extra = sends === null ? null : { variance: expectedVariance, from: k * rows }
    const predicted = isHazard(objective) ? losses() : { mean, variance, from, extra }
    values[objective.name] = addObjective(scratch, objective, predicted)
  }
  return values
}

function lossesOf(costs: ReadonlyMap<Channel, ReachCost>): LossChances {
  if (costs.size === 0) return NO_LOSSES
  return Object.fromEntries(Array.from(costs, ([channel, { losses }]) => [channel, losses]))
}

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

function distribution(
  columns: Columns,
  options: {
    readonly mandatory: boolean
    readonly spec: PolicySpec
    readonly request: DecisionRequest
    readonly now: EpochMs
    readonly zone: string
    readonly covariance: Float64Array | null
    readonly offers: Offers | null
  },
): Float64Array {
  if (options.mandatory) {
    const certain = new Float64Array(columns.actions.length)
    certain[0] = 1
    return certain
  }
  const { actions, scores, variances, claimed } = columns
  const input = {
    actions,
    scores,
    variances,
    claimed,
    ...(options.covariance === null ? {} : { covariance: options.covariance }),
    decisionId: options.request.decisionId,
    user: options.request.user,
    now: options.now,
    zone: options.zone,
  }
  const { offers, request } = options
  if (offers === null) return distributionFor(options.spec, input)
  const { messages, plan } = offers
  const mayExplore = request.user.profile.consent.exploration
  const counted = { ...input, offers: { messages, sends: plan.sends } }
  return distributionOverMessages(options.spec, counted, { choose: plan.choose, mayExplore })
}

/** What models of single sends look at; expected outcomes are theirs to say, so they are left out. */
function sentFeatures(
  { encoder, sends, causes }: CompiledSnapshot,
  context: FeatureContext,
  {
    actions,
    chosen,
    rows,
  }: { readonly actions: readonly Action[]; readonly chosen: number; readonly rows: ActionRows },
): SentFeatures | null {
  const action = actions[chosen]!
  if (action.kind === 'hold' || (sends === null && causes.length === 0)) return null
  const own = fullRow(rows, chosen - firstSend(actions), new Float64Array(encoder.actionNames.length))
  return { channel: action.channel, action: numbersOf(own), pressure: pressureOf(context, action.channel) }
}

function reasonFor(group: Group, columns: Columns, mandatory: boolean): DecisionReason {
  if (mandatory) return 'transactional'
  if (group === 'holdout') return 'holdout'
  return columns.actions.length === 1 ? 'nothing-eligible' : 'policy'
}

/** What a decision keeps of the opportunities it saw, in the order of their ids. */
function namesOf(opportunities: readonly Opportunity[]): Pick<Decision['inputs'], 'opportunityIds' | 'messages'> {
  const isSorted = opportunities.every(({ id }, i) => i === 0 || opportunities[i - 1]!.id <= id)
  const sorted = isSorted ? opportunities : [...opportunities].sort((a, b) => (a.id < b.id ? -1 : 1))
  return { opportunityIds: sorted.map(({ id }) => id), messages: sorted.map(({ message }) => message) }
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
  const columns = evaluate(parts, { context, scratch }, { eligible, mandatory })
  const spec = policyFor(group, own, user.profile.consent.exploration)
  const covariance = covarianceFor(spec, own, { parts, sends: scratch.fullRows, actions: columns.actions })
  const offers = offersOf(parts, eligible, mandatory)
  const probabilities = distribution(columns, { mandatory, spec, request, now, zone: context.zone, covariance, offers })
  const chosen = sampleIndex(probabilities, draw)
  const mayLearn = user.profile.consent.learning && !mandatory
  parts.encoder.encodeBaseline(context, scratch.baseline)
  const { opportunityIds, messages } = namesOf(opportunities)
  const inGroup: Assignment = { experiment: 'group', variant: group }
  const sent = sentFeatures(parts, context, { actions: columns.actions, chosen, rows: scratch.rows })
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
    prices: numbersOf(columns.prices),
    scores: numbersOf(columns.scores),
    scoreVariances: numbersOf(columns.variances),
    probabilities: numbersOf(probabilities),
    chosen,
    propensity: probabilities[chosen]!,
    draw,
    refused,
    learning: mayLearn
      ? learningFeatures(columns.actions, probabilities, {
          chosen,
          now,
          scratch,
          sent,
          messages: offers?.messages ?? null,
        })
      : null,
    inputs: { user, opportunityIds, messages, context: request.context },
  }
}
