import { type TargetPrices, targetPricesOf } from './allocation/index.ts'
import {
  type ActionRows,
  CHANNELS,
  type Channel,
  emptyActionRows,
  GROUPS,
  type Group,
  type HeadState,
  type Objective,
  type Opportunity,
  PalomaError,
  type Snapshot,
  VISIT_MOMENT,
} from './domain/index.ts'
import type { Share } from './experiment/index.ts'
import { checkArtifactFits, compileFeatures, type FeatureEncoder, schemaHashOf } from './features/index.ts'
import {
  type BelievedMessages,
  believedMessages,
  type HeadShape,
  type HeadStack,
  isHazard,
  learnedCauses,
  lossCausesOf,
  type MessageCounts,
  messageCounts,
  NO_EVIDENCE,
  RESPONSE_WINDOW_HOURS,
  roomFor,
  type SendModel,
  type SlowModel,
  type SlowSaid,
  sendModelOf,
  slowModelOf,
  stackHeads,
  type VisitExtras,
  type VisitModel,
  visitModelOf,
} from './learning/index.ts'
import { type LookAhead, lookAheadOf } from './look-ahead.ts'
import { type VariantChooser, variantChooser } from './policy/index.ts'

/** Working memory for decisions of one number of actions, reused because allocating columns costs more than filling them. */
export interface Scratch {
  readonly rows: ActionRows
  /** The same with what sends are expected to bring; `rows` itself where nothing models sends. */
  readonly fullRows: ActionRows
  /** By action, its part in what is learned from; working memory beside. */
  readonly weights: Float64Array
  readonly sums: Float64Array
  readonly centred: Float64Array
  readonly baseline: Float64Array
  /** Head by head, `rows` numbers each. */
  readonly mean: Float64Array
  readonly variance: Float64Array
  readonly prices: Float64Array
  /** By way, what a send costs through its channel. */
  readonly wayPrices: Float64Array
  readonly scores: Float64Array
  readonly variances: Float64Array
  readonly claimed: Float64Array
  readonly probabilities: Float64Array
  /** Log odds of what sends bring, head by head, and the variance they give each objective's value. */
  readonly logOdds: Float64Array
  readonly logOddsVariance: Float64Array
  readonly expectedVariance: Float64Array
  /** What losing channels takes, and its variance. */
  readonly lossMean: Float64Array
  readonly lossVariance: Float64Array
  /** What hazards of the next visit look at beside g(x), and what they say of every send. */
  readonly visitMoment: Float64Array
  readonly visitExtras: VisitExtras
  /** What the slow model says; and room for ψ of one send. */
  readonly slow: SlowSaid
  readonly psi: Float64Array
}

/** What can be worked out once per snapshot. */
export interface CompiledSnapshot {
  readonly encoder: FeatureEncoder
  readonly objectives: readonly Objective[]
  /** Objectives with a head of effects, in the order of `heads`. */
  readonly effects: readonly Objective[]
  readonly heads: HeadStack
  /** What single sends bring; null when no objective builds on it. */
  readonly sends: SendModel | null
  /** When users come by themselves, and what sends add; null when no objective builds on it. */
  readonly visits: VisitModel | null
  /** What the artifact says; null without one. */
  readonly slow: SlowModel | null
  /** How channels are lost, by cause. */
  readonly causes: ReturnType<typeof learnedCauses>
  /** What is known of sends still to come; null when no objective looks ahead. */
  readonly ahead: LookAhead | null
  /** The send itself plus the channel's dual price and what targets add per send. */
  readonly channelPrices: Readonly<Record<Channel, number>>
  /** What targets charge for one expected loss of reach; null where none does. */
  readonly lossPrices: Readonly<Record<Channel, number>> | null
  /** Dual prices by message; empty where the plan names none. */
  readonly messagePrices: ReadonlyMap<string, number>
  readonly weights: ReadonlyMap<string, number>
  readonly shares: readonly Share<Group>[]
  /** Rewards that the head of effects with the most has seen. */
  readonly learned: number
  /** What was counted of single messages; null where nobody counts. */
  readonly messages: MessagePlan | null
  /** By number of actions. */
  readonly scratch: Scratch[]
}

/** What decisions look at of single messages. */
export interface MessagePlan extends MessageCounts {
  readonly choose: VariantChooser
  readonly beliefs: BelievedMessages
}

/** The message of every action, null for `hold`, with what was counted of them. */
export interface Offers {
  readonly messages: readonly (string | null)[]
  readonly plan: MessagePlan
}

/** The messages of a decision's actions; null where nobody counts. */
export function offersOf(
  { messages: plan }: CompiledSnapshot,
  eligible: readonly { readonly opportunity: Pick<Opportunity, 'message'> }[],
  mandatory: boolean,
): Offers | null {
  if (plan === null) return null
  const messages = eligible.map(({ opportunity }) => opportunity.message)
  return { messages: mandatory ? messages : [null, ...messages], plan }
}

/** Decisions with more actions than this get fresh memory. */
const LARGEST_SCRATCH = 128
const MESSAGE_PRICE = 'message:'

const compiled = new WeakMap<Snapshot, CompiledSnapshot>()

/**
 * Features of a snapshot's rules, and the shape of heads that fit them.
 *
 * @throws PalomaError ARTIFACT_MISMATCH for an artifact that was trained on other columns or rewards
 */
export function shapeOf(
  parts: Pick<Snapshot, 'features' | 'objectives' | 'rules' | 'artifact'>,
): HeadShape & { readonly encoder: FeatureEncoder } {
  const { features, objectives, rules, artifact } = parts
  const encoderParts = {
    features,
    objectives,
    channels: rules.channels,
    ...(artifact === undefined ? {} : { artifact }),
  }
  const encoder = compileFeatures(encoderParts)
  if (artifact !== undefined) {
    const channels = CHANNELS.filter((channel) => rules.channels[channel] !== undefined)
    checkArtifactFits(artifact, encoder, {
      ...encoderParts,
      losses: lossCausesOf(channels),
      responseHours: RESPONSE_WINDOW_HOURS,
    })
  }
  return {
    encoder,
    baselineWidth: encoder.baselineNames.length,
    momentColumns: encoder.momentColumns,
    actionWidth: encoder.actionNames.length,
    channelColumns: encoder.channelColumns,
    claimColumns: encoder.claimColumns,
    expectedColumns: encoder.expectedColumns,
    actionNames: encoder.actionNames,
    slowColumns: encoder.slowColumns,
    slowLogOdds: encoder.slowLogOdds,
    artifact,
    schemaHash: schemaHashOf(encoder, encoderParts),
  }
}

function headOf({ id, heads }: Snapshot['state'], name: string): HeadState {
  const head = heads[name]
  if (head !== undefined) return head
  throw new PalomaError('HEAD_MISSING', `policy state ${id} has no head for objective ${name}`)
}

function perChannel<T>(of: (channel: Channel) => T): Readonly<Record<Channel, T>> {
  return { push: of('push'), email: of('email'), 'in-app': of('in-app'), sms: of('sms'), webhook: of('webhook') }
}

function channelPricesOf(
  { rules, prices }: Snapshot,
  targetPrices: Readonly<Record<Channel, TargetPrices>>,
): Readonly<Record<Channel, number>> {
  return perChannel((channel) => {
    const own = (rules.channels[channel]?.pricePerSend ?? 0) + (prices[`channel:${channel}`] ?? 0)
    return own + targetPrices[channel].perSend
  })
}

/** What targets charge by channel: the same wherever nothing is to be kept. */
function allTargetPrices({ rules, priceTargets = [], state }: Snapshot): Readonly<Record<Channel, TargetPrices>> {
  return perChannel((channel) => {
    const pricePerSend = rules.channels[channel]?.pricePerSend ?? 0
    return targetPricesOf(priceTargets, state.dualPrices ?? {}, { channel, pricePerSend })
  })
}

function lossPricesOf(targetPrices: Readonly<Record<Channel, TargetPrices>>): CompiledSnapshot['lossPrices'] {
  if (CHANNELS.every((channel) => targetPrices[channel].perLoss === 0)) return null
  return perChannel((channel) => targetPrices[channel].perLoss)
}

function messagePricesOf({ prices }: Snapshot): ReadonlyMap<string, number> {
  const named = Object.entries(prices).filter(([resource]) => resource.startsWith(MESSAGE_PRICE))
  return new Map(named.map(([resource, price]) => [resource.slice(MESSAGE_PRICE.length), price]))
}

function messagePlanOf({ messages, state }: Snapshot): MessagePlan | null {
  if (messages === undefined) return null
  const evidence = state.messages ?? NO_EVIDENCE
  const counts = messageCounts(messages, evidence)
  return { ...counts, choose: variantChooser(counts.trials), beliefs: believedMessages(messages, evidence) }
}

/** Weight of the first objective of each name. */
function weightsOf(objectives: readonly Objective[]): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const { name, weight } of objectives) if (!weights.has(name)) weights.set(name, weight)
  return weights
}

/**
 * What decisions under this snapshot share; worked out at the first.
 *
 * @throws PalomaError SCHEMA_CHANGED when the policy state was learned under other features or objectives, HEAD_MISSING
 */
export function compileSnapshot(snapshot: Snapshot): CompiledSnapshot {
  const known = compiled.get(snapshot)
  if (known !== undefined) return known
  const { encoder, schemaHash, baselineWidth, actionWidth } = shapeOf(snapshot)
  if (schemaHash !== snapshot.state.schemaHash) {
    throw new PalomaError(
      'SCHEMA_CHANGED',
      `policy state ${snapshot.state.id} was learned under schema ${snapshot.state.schemaHash}, the snapshot has ${schemaHash}`,
      { hint: 'features or objectives changed: start a new state, or restore the configuration' },
    )
  }
  const { objectives, groups, state } = snapshot
  const effects = objectives.filter((objective) => !isHazard(objective))
  const heads = effects.map(({ name }) => headOf(state, name))
  const targetPrices = allTargetPrices(snapshot)
  const made: CompiledSnapshot = {
    encoder,
    objectives,
    effects,
    heads: stackHeads(heads, { offset: baselineWidth, width: actionWidth }),
    sends: sendModelOf({ objectives, columns: encoder.expectedColumns, head: (name) => headOf(state, name) }),
    visits: visitModelOf({
      objectives,
      columns: encoder.expectedColumns,
      channels: encoder.channelColumns,
      baselineWidth,
      head: (name) => headOf(state, name),
    }),
    slow: slowModelOf(snapshot.artifact, objectives, encoder),
    causes: objectives.some(isHazard) ? learnedCauses(state) : [],
    ahead: lookAheadOf(snapshot, encoder),
    channelPrices: channelPricesOf(snapshot, targetPrices),
    lossPrices: lossPricesOf(targetPrices),
    messagePrices: messagePricesOf(snapshot),
    weights: weightsOf(objectives),
    learned: heads.reduce((most, { n }) => Math.max(most, n), 0),
    messages: messagePlanOf(snapshot),
    shares: GROUPS.map((name) => ({ name, share: groups[name].share })),
    scratch: [],
  }
  compiled.set(snapshot, made)
  return made
}

/** The dual price of a message family. */
export function messagePriceOf({ messagePrices }: Pick<CompiledSnapshot, 'messagePrices'>, message: string): number {
  return messagePrices.size === 0 ? 0 : (messagePrices.get(message) ?? 0)
}

/** What upstream says the message is worth on the common scale; ranks sends where Paloma does not optimise. */
export function claimOf({ weights }: Pick<CompiledSnapshot, 'weights'>, { claims }: Opportunity): number {
  let sum = 0
  for (let i = 0; i < claims.length; i += 1) {
    const { objective, estimate } = claims[i]!
    const weight = weights.get(objective)
    if (weight !== undefined) sum += weight * estimate
  }
  return sum
}

/** Memory for a decision with so many actions; valid until the next one of that size. */
export function scratchFor(parts: CompiledSnapshot, rows: number): Scratch {
  const { encoder, objectives, heads, sends, visits, slow, scratch } = parts
  const known = scratch[rows]
  if (known !== undefined) {
    known.baseline.fill(0)
    return known
  }
  const width = encoder.actionNames.length
  const sendLanes = sends?.stack.lanes ?? 0
  const hazards = visits?.hazards.length ?? 0
  const own = emptyActionRows(rows, width)
  const isPlain = sends === null && visits === null && slow === null
  const made: Scratch = {
    rows: own,
    fullRows: isPlain ? own : { ...emptyActionRows(rows, width), ways: own.ways, wayOf: own.wayOf },
    weights: new Float64Array(rows),
    sums: new Float64Array(rows),
    centred: new Float64Array(width),
    baseline: new Float64Array(encoder.baselineNames.length),
    mean: new Float64Array(rows * heads.lanes),
    variance: new Float64Array(rows * heads.lanes),
    prices: new Float64Array(rows),
    wayPrices: new Float64Array(rows),
    scores: new Float64Array(rows),
    variances: new Float64Array(rows),
    claimed: new Float64Array(rows),
    probabilities: new Float64Array(rows),
    logOdds: new Float64Array(rows * sendLanes),
    logOddsVariance: new Float64Array(rows * sendLanes),
    expectedVariance: new Float64Array(rows * objectives.length),
    lossMean: new Float64Array(rows),
    lossVariance: new Float64Array(rows),
    visitMoment: new Float64Array(VISIT_MOMENT.length),
    visitExtras: { chances: new Float64Array(rows * hazards), variances: new Float64Array(rows * hazards) },
    slow: roomFor(slow, rows),
    psi: new Float64Array(width),
  }
  if (rows <= LARGEST_SCRATCH) scratch[rows] = made
  return made
}
