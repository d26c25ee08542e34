import { type CompiledSnapshot, claimOf, messagePriceOf, type Scratch } from './compiled-snapshot.ts'
import type {
  Action,
  ActionRows,
  Channel,
  LossChances,
  Objective,
  Opportunity,
  ValueEstimates,
} from './domain/index.ts'
import type { EligibleCandidate } from './eligibility/index.ts'
import { type ActionToEncode, type FeatureContext, pressureOf, putVisitMoment } from './features/index.ts'
import {
  addBeliefs,
  fillExpected,
  fillExtras,
  fillSaid,
  fillSlow,
  isHazard,
  lookAtHours,
  lossPatterns,
  predictActions,
  type ReachCost,
  type SendModel,
  type SlowModel,
  type VisitEffects,
} from './learning/index.ts'
import { type Ahead, laterPrice, NOTHING_AHEAD, reachCosts } from './look-ahead.ts'

/** Columns of one decision in the making; row 0 is `hold` unless a message is mandatory. */
export interface Columns {
  readonly actions: readonly Action[]
  readonly values: Readonly<Record<string, ValueEstimates>>
  readonly losses: LossChances
  readonly prices: Float64Array
  readonly scores: Float64Array
  readonly variances: Float64Array
  readonly claimed: Float64Array
}

const NO_LOSSES: LossChances = {}
const HOLD: Action = { kind: 'hold' }

function actionsOf(eligible: readonly EligibleCandidate[], first: number): readonly Action[] {
  const actions = new Array<Action>(first + eligible.length)
  if (first === 1) actions[0] = HOLD
  for (let i = 0; i < eligible.length; i += 1) actions[first + i] = eligible[i]!.candidate
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

/** Lost channels as a reward below 0: `hold` loses none. */
function predictedLosses(
  sends: readonly EligibleCandidate[],
  costs: ReadonlyMap<Channel, ReachCost>,
  { lossMean: mean, lossVariance: variance }: Scratch,
): Predicted {
  const first = mean.length - sends.length
  for (let i = 0; i < mean.length; i += 1) {
    const cost = i < first ? undefined : costs.get(sends[i - first]!.candidate.channel)
    mean[i] = i < first ? 0 : -(cost?.mean ?? 0)
    variance[i] = cost?.variance ?? 0
  }
  return { mean, variance, from: 0, extra: null }
}

const NO_SENDS: Pick<SendModel, 'outcomes'> = { outcomes: [] }

/** What models of single sends look at: the encoder's rows, with the patterns of an artifact that tells log odds. */
function sendRows(
  slow: SlowModel | null,
  { rows: sends, fullRows: out, slow: said }: Scratch,
  size: { readonly rows: number; readonly first: number },
): ActionRows {
  if (slow === null || slow.patterns.length === 0) return sends
  fillSaid({ columns: slow.patternColumns, values: said.patterns }, { sends, out }, size)
  return out
}

/** What hazards of the next visit say of every send; null where no objective asks them. */
function visitEffects(
  { visits }: CompiledSnapshot,
  eligible: readonly ActionToEncode[],
  { rows, scratch, context }: { readonly rows: number; readonly scratch: Scratch; readonly context: FeatureContext },
): VisitEffects | null {
  if (visits === null) return null
  const { baseline, visitMoment, visitExtras: out } = scratch
  putVisitMoment(context, visitMoment)
  for (const hazard of visits.hazards) lookAtHours(hazard, baseline, visitMoment)
  fillExtras(visits, eligible, { wayOf: scratch.rows.wayOf, now: context.now, rows, out })
  return { hazards: visits.hazards, extras: out }
}

/** Writes the rows with what each send is expected to bring by itself, and with what the slow model says of it. */
export function addExpected(
  parts: CompiledSnapshot,
  eligible: readonly ActionToEncode[],
  { rows, scratch, context }: { readonly rows: number; readonly scratch: Scratch; readonly context: FeatureContext },
): void {
  const { sends: model, visits: visitModel, slow } = parts
  if (model === null && visitModel === null && slow === null) return
  const { logOdds, logOddsVariance, expectedVariance, psi } = scratch
  const first = rows - eligible.length
  if (slow !== null) fillSlow(slow, scratch.baseline, { sends: scratch.rows, rows, first, psi, out: scratch.slow })
  if (model !== null) {
    const sends = sendRows(slow, scratch, { rows, first })
    predictActions(model.stack, sends, { rows, first, mean: logOdds, variance: logOddsVariance })
  }
  expectedVariance.fill(0)
  const said = slow === null ? null : { columns: slow.columns, values: scratch.slow.effects }
  const channels = eligible.map(({ candidate }) => candidate.channel)
  const visits = visitEffects(parts, eligible, { rows, scratch, context })
  const filled = { sends: scratch.rows, channels, visits, slow: said, out: scratch.fullRows }
  fillExpected(model ?? NO_SENDS, filled, { rows, first, logOdds, logOddsVariance, variance: expectedVariance })
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

/**
 * Prices of all actions, and what upstream claims of them; `hold` has neither. What a way costs is looked up once: ways are numbered as
 * sends first take them.
 */
function fillPrices(
  parts: CompiledSnapshot,
  { eligible, ahead }: { readonly eligible: readonly EligibleCandidate[]; readonly ahead: Ahead },
  { scratch, first }: { readonly scratch: Scratch; readonly first: number },
): void {
  const { prices, claimed, wayPrices, rows } = scratch
  if (first === 1) {
    prices[0] = 0
    claimed[0] = 0
  }
  let ways = 0
  let proposed: Opportunity | undefined
  let claim = 0
  let messagePrice = 0
  for (let i = 0; i < eligible.length; i += 1) {
    const { candidate, opportunity } = eligible[i]!
    if (opportunity !== proposed) {
      proposed = opportunity
      claim = claimOf(parts, opportunity)
      messagePrice = messagePriceOf(parts, opportunity.message)
    }
    const way = rows.wayOf[i]!
    if (way === ways) wayPrices[ways++] = parts.channelPrices[candidate.channel]
    const price = wayPrices[way]! + messagePrice
    prices[first + i] = ahead === NOTHING_AHEAD ? price : price + laterPrice(ahead, candidate, opportunity)
    claimed[first + i] = claim
  }
}

/** What targets charge for the chance that a send loses its user to a channel. */
function addLossPrices(
  lossPrices: NonNullable<CompiledSnapshot['lossPrices']>,
  eligible: readonly EligibleCandidate[],
  {
    costs,
    prices,
    first,
  }: { readonly costs: ReadonlyMap<Channel, ReachCost>; readonly prices: Float64Array; readonly first: number },
): void {
  for (let i = 0; i < eligible.length; i += 1) {
    const { channel } = eligible[i]!.candidate
    let chance = 0
    for (const each of Object.values(costs.get(channel)?.losses ?? {})) chance += each
    prices[first + i] = prices[first + i]! + lossPrices[channel] * chance
  }
}

/** Values against `hold`, prices and scores of all actions of one decision. */
export function evaluate(
  parts: CompiledSnapshot,
  { context, scratch, ahead }: { readonly context: FeatureContext; readonly scratch: Scratch; readonly ahead: Ahead },
  choice: { readonly eligible: readonly EligibleCandidate[]; readonly mandatory: boolean },
): Columns {
  const { eligible, mandatory } = choice
  const first = mandatory ? 0 : 1
  const rows = eligible.length + first
  const { mean, variance, prices, claimed, scores, variances } = scratch
  parts.encoder.encodeActions(context, eligible, scratch.rows)
  addExpected(parts, eligible, { rows, scratch, context })
  predictActions(parts.heads, scratch.fullRows, { rows, first, mean, variance })
  addMessages(parts, eligible, { rows, mean, variance })
  fillPrices(parts, { eligible, ahead }, { scratch, first })
  const costs = reachCosts(
    parts.causes,
    { ahead, pressure: (channel) => lossFeatures(parts, channel, { context, scratch }) },
    eligible,
  )
  if (parts.lossPrices !== null) addLossPrices(parts.lossPrices, eligible, { costs, prices, first })
  for (let i = 0; i < rows; i += 1) {
    scores[i] = -prices[i]!
    variances[i] = 0
  }
  const values = valuesOf(parts, { rows, scratch, losses: () => predictedLosses(eligible, costs, scratch) })
  return {
    actions: actionsOf(eligible, first),
    values,
    losses: lossesOf(costs),
    prices,
    scores,
    variances,
    claimed,
  }
}

/** What hazards look at: pressure on the channel, then the artifact's patterns of losing it. */
export function lossFeatures(
  { slow }: Pick<CompiledSnapshot, 'slow'>,
  channel: Channel,
  { context, scratch }: { readonly context: FeatureContext; readonly scratch: Pick<Scratch, 'slow'> },
): readonly number[] {
  const pressure = pressureOf(context, channel)
  return slow === null ? pressure : [...pressure, ...lossPatterns(slow, channel, scratch.slow.losses)]
}

/** Values of every objective, which also go into scores and variances. */
function valuesOf(
  { objectives, effects, sends, visits }: CompiledSnapshot,
  { rows, scratch, losses }: { readonly rows: number; readonly scratch: Scratch; readonly losses: () => Predicted },
): Readonly<Record<string, ValueEstimates>> {
  const { mean, variance, expectedVariance } = scratch
  const values: Record<string, ValueEstimates> = {}
  for (let k = 0; k < objectives.length; k += 1) {
    const objective = objectives[k]!
    const from = effects.indexOf(objective) * rows
    const extra = sends === null && visits === null ? null : { variance: expectedVariance, from: k * rows }
    const predicted = isHazard(objective) ? losses() : { mean, variance, from, extra }
    values[objective.name] = addObjective(scratch, objective, predicted)
  }
  return values
}

function lossesOf(costs: ReadonlyMap<Channel, ReachCost>): LossChances {
  if (costs.size === 0) return NO_LOSSES
  const chances: Partial<Record<Channel, ReachCost['losses']>> = {}
  for (const [channel, { losses }] of costs) chances[channel] = losses
  return chances
}
