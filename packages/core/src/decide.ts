import {
  type Action,
  type Decision,
  type DecisionReason,
  type DecisionRequest,
  type EpochMs,
  type Group,
  type HeadState,
  type LearningFeatures,
  type Objective,
  PalomaError,
  type PolicySpec,
  type Snapshot,
  type ValueEstimates,
} from './domain/index.ts'
import { type EligibleCandidate, eligibleCandidates } from './eligibility/index.ts'
import { groupOf } from './experiment/index.ts'
import {
  compileFeatures,
  type FeatureContext,
  type FeatureEncoder,
  featureContext,
  schemaHashOf,
} from './features/index.ts'
import { type HeadShape, predictBlock } from './learning/index.ts'
import { distributionFor, sampleIndex } from './policy/index.ts'

/** One objective made ready: its head and what one raw unit of reward adds to the score. */
interface CompiledObjective {
  readonly objective: Objective
  readonly head: HeadState
  /** Raw reward → the objective's unit. */
  readonly scale: number
}

/** What can be worked out once per snapshot. */
interface CompiledSnapshot {
  readonly encoder: FeatureEncoder
  readonly objectives: readonly CompiledObjective[]
}

const compiled = new WeakMap<Snapshot, CompiledSnapshot>()

/** Features of a snapshot's rules, and the shape of heads that fit them. */
export function shapeOf(
  parts: Pick<Snapshot, 'features' | 'objectives' | 'rules'>,
): HeadShape & { readonly encoder: FeatureEncoder } {
  const encoder = compileFeatures({
    features: parts.features,
    objectives: parts.objectives,
    channels: parts.rules.channels,
  })
  return {
    encoder,
    baselineWidth: encoder.baselineNames.length,
    actionWidth: encoder.actionNames.length,
    channelColumns: encoder.channelColumns,
    schemaHash: schemaHashOf(encoder, parts.objectives),
  }
}

function compile(snapshot: Snapshot): CompiledSnapshot {
  const known = compiled.get(snapshot)
  if (known !== undefined) return known
  const { encoder, schemaHash } = shapeOf(snapshot)
  if (schemaHash !== snapshot.state.schemaHash) {
    throw new PalomaError(
      'SCHEMA_CHANGED',
      `policy state ${snapshot.state.id} was learned under schema ${snapshot.state.schemaHash}, the snapshot has ${schemaHash}`,
      { hint: 'features or objectives changed: start a new state, or restore the configuration' },
    )
  }
  const objectives = snapshot.objectives.map((objective) => {
    const head = snapshot.state.heads[objective.name]
    if (head === undefined) {
      throw new PalomaError(
        'HEAD_MISSING',
        `policy state ${snapshot.state.id} has no head for objective ${objective.name}`,
      )
    }
    return { objective, head, scale: objective.scale ?? 1 }
  })
  const made = { encoder, objectives }
  compiled.set(snapshot, made)
  return made
}

/** Columns of one decision in the making; row 0 is `hold` unless a message is mandatory. */
interface Columns {
  readonly actions: readonly Action[]
  readonly psi: Float64Array
  readonly values: Readonly<Record<string, ValueEstimates>>
  readonly prices: Float64Array
  readonly scores: Float64Array
  readonly variances: Float64Array
  readonly claimed: Float64Array
}

function toAction({ candidate }: EligibleCandidate): Action {
  return {
    kind: 'send',
    opportunityId: candidate.opportunityId,
    variant: candidate.variant,
    channel: candidate.channel,
    sendAt: candidate.sendAt,
  }
}

function encodeActions(
  encoder: FeatureEncoder,
  context: FeatureContext,
  eligible: readonly EligibleCandidate[],
  rows: { readonly count: number; readonly first: number },
): Float64Array {
  const width = encoder.actionNames.length
  const out = new Float64Array(rows.count * width)
  for (let i = 0; i < eligible.length; i += 1) {
    const { opportunity, variant, candidate } = eligible[i]!
    const { channel, sendAt } = candidate
    encoder.encodeAction(context, { opportunity, variant, channel, sendAt }, { out, offset: (rows.first + i) * width })
  }
  return out
}

/** Price of an action: the send itself plus the dual price of each resource it uses. */
function priceOf(snapshot: Snapshot, { candidate, opportunity }: EligibleCandidate): number {
  const send = snapshot.rules.channels[candidate.channel]?.pricePerSend ?? 0
  const channel = snapshot.prices[`channel:${candidate.channel}`] ?? 0
  return send + channel + (snapshot.prices[`message:${opportunity.message}`] ?? 0)
}

/** What upstream says the message is worth on the common scale; ranks sends where Paloma does not optimise. */
function claimOf(snapshot: Snapshot, { opportunity }: EligibleCandidate): number {
  let sum = 0
  for (const claim of opportunity.claims) {
    const objective = snapshot.objectives.find(({ name }) => name === claim.objective)
    if (objective !== undefined) sum += objective.weight * claim.estimate
  }
  return sum
}

function addObjective(
  columns: Pick<Columns, 'scores' | 'variances' | 'psi'>,
  { objective, head, scale }: CompiledObjective,
  baselineWidth: number,
): ValueEstimates {
  const rows = columns.scores.length
  const mean = new Float64Array(rows)
  const variance = new Float64Array(rows)
  const width = head.dimension - baselineWidth
  predictBlock(head, { offset: baselineWidth, rows, width, matrix: columns.psi }, { mean, variance })
  for (let i = 0; i < rows; i += 1) {
    mean[i] = mean[i]! * scale
    variance[i] = variance[i]! * scale * scale
    columns.scores[i] = columns.scores[i]! + objective.weight * mean[i]!
    columns.variances[i] = columns.variances[i]! + objective.weight * objective.weight * variance[i]!
  }
  return { mean: Array.from(mean), variance: Array.from(variance) }
}

function evaluate(
  snapshot: Snapshot,
  context: FeatureContext,
  choice: { readonly eligible: readonly EligibleCandidate[]; readonly mandatory: boolean },
): Columns {
  const { encoder, objectives } = compile(snapshot)
  const first = choice.mandatory ? 0 : 1
  const count = choice.eligible.length + first
  const psi = encodeActions(encoder, context, choice.eligible, { count, first })
  const prices = new Float64Array(count)
  const claimed = new Float64Array(count)
  for (let i = 0; i < choice.eligible.length; i += 1) {
    prices[first + i] = priceOf(snapshot, choice.eligible[i]!)
    claimed[first + i] = claimOf(snapshot, choice.eligible[i]!)
  }
  const scores = prices.map((price) => -price)
  const variances = new Float64Array(count)
  const values: Record<string, ValueEstimates> = {}
  for (const objective of objectives) {
    values[objective.objective.name] = addObjective({ scores, variances, psi }, objective, encoder.baselineNames.length)
  }
  const sends = choice.eligible.map(toAction)
  return {
    actions: first === 1 ? [{ kind: 'hold' }, ...sends] : sends,
    psi,
    values,
    prices,
    scores,
    variances,
    claimed,
  }
}

/** Someone who does not want to be explored on gets the same rules and values, without chance. */
function policyFor(group: Group, snapshot: Snapshot, mayExplore: boolean): PolicySpec {
  const { policy } = snapshot.groups[group]
  const isFixed = policy.kind === 'cadence' || policy.kind === 'holdout'
  return mayExplore || isFixed ? policy : { kind: 'greedy', floor: 0 }
}

function distribution(
  columns: Columns,
  options: {
    readonly mandatory: boolean
    readonly spec: PolicySpec
    readonly request: DecisionRequest
    readonly now: EpochMs
    readonly zone: string
  },
): Float64Array {
  if (options.mandatory) {
    const certain = new Float64Array(columns.actions.length)
    certain[0] = 1
    return certain
  }
  const { actions, scores, variances, claimed } = columns
  return distributionFor(options.spec, {
    actions,
    scores,
    variances,
    claimed,
    user: options.request.user,
    now: options.now,
    zone: options.zone,
  })
}

/** A choice for later is learned from when it is made again; until then it counts as not chosen. */
function countsNow(action: Action, now: EpochMs): boolean {
  return action.kind === 'hold' || action.sendAt <= now
}

/** Action-centred features (Greenewald et al. 2017): the choice minus its mean under the logged distribution. */
function learningFeatures(
  columns: Columns,
  probabilities: Float64Array,
  choice: { readonly chosen: number; readonly now: EpochMs; readonly baseline: Float64Array },
): LearningFeatures | null {
  const { actions, psi } = columns
  const { chosen, now, baseline } = choice
  if (!countsNow(actions[chosen]!, now)) return null
  let mass = 0
  let largest = 0
  for (let i = 0; i < actions.length; i += 1) {
    if (!countsNow(actions[i]!, now)) continue
    mass += probabilities[i]!
    largest = Math.max(largest, probabilities[i]!)
  }
  if (largest >= mass) return null // without chance there is nothing to learn about effects
  const width = psi.length / actions.length
  const centred = psi.slice(chosen * width, (chosen + 1) * width)
  for (let i = 0; i < actions.length; i += 1) {
    if (!countsNow(actions[i]!, now)) continue
    const share = probabilities[i]! / mass
    for (let j = 0; j < width; j += 1) centred[j] = centred[j]! - share * psi[i * width + j]!
  }
  return { baseline: Array.from(baseline), centred: Array.from(centred) }
}

function reasonFor(group: Group, columns: Columns, mandatory: boolean): DecisionReason {
  if (mandatory) return 'transactional'
  if (group === 'holdout') return 'holdout'
  return columns.actions.length === 1 ? 'nothing-eligible' : 'policy'
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
  const group = groupOf(snapshot.groups, snapshot.groupSalt, user.profile.userId)
  const { eligible, refused, mandatory } = eligibleCandidates({
    user,
    opportunities,
    rules: snapshot.rules,
    now,
    trigger,
  })
  const context = featureContext(user, { now, context: request.context }, snapshot.rules.timeZone)
  const columns = evaluate(snapshot, context, { eligible, mandatory })
  const spec = policyFor(group, snapshot, user.profile.consent.exploration)
  const probabilities = distribution(columns, { mandatory, spec, request, now, zone: context.zone })
  const draw = random()
  const chosen = sampleIndex(probabilities, draw)
  const { encoder } = compile(snapshot)
  const baseline = new Float64Array(encoder.baselineNames.length)
  encoder.encodeBaseline(context, baseline)
  const mayLearn = user.profile.consent.learning && !mandatory
  return {
    decisionId: request.decisionId,
    userId: user.profile.userId,
    at: now,
    trigger,
    snapshotVersion: snapshot.version,
    stateId: snapshot.state.id,
    policy: `${group}/${mandatory ? 'mandatory' : spec.kind}`,
    assignments: [{ experiment: 'group', variant: group }],
    reason: reasonFor(group, columns, mandatory),
    actions: columns.actions,
    values: columns.values,
    prices: Array.from(columns.prices),
    scores: Array.from(columns.scores),
    scoreVariances: Array.from(columns.variances),
    probabilities: Array.from(probabilities),
    chosen,
    propensity: probabilities[chosen]!,
    draw,
    refused,
    learning: mayLearn ? learningFeatures(columns, probabilities, { chosen, now, baseline }) : null,
    inputs: { user, opportunityIds: opportunities.map(({ id }) => id).sort(), context: request.context },
  }
}
