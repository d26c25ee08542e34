import {
  type ActionRows,
  appendRow,
  type Candidate,
  type Channel,
  type Opportunity,
  type SlowLogOddsColumns,
  type Variant,
} from '../domain/index.ts'
import { type ActionLayout, type EncoderParts, isCommon, layoutOf, placed } from './action-layout.ts'
import { type FeatureContext, HISTORY_DAYS } from './context.ts'
import { namesOf } from './encode-declared.ts'
import { putMoment } from './moment-columns.ts'
import { putCommon, type Target } from './put-declared.ts'
import { messageBuckets, putOpportunity, putVariant } from './put-proposal.ts'
import { putUser, putWay, type WayMemo, wayMemo } from './put-way.ts'
import { variantPlaces } from './variant-places.ts'

/** One sendable action, as the encoder sees it. */
export interface ActionToEncode {
  readonly opportunity: Opportunity
  readonly variant: Variant
  readonly candidate: Pick<Candidate, 'channel' | 'sendAt'>
}

/**
 * Turns users, moments and actions into numbers, the same way online and in batch.
 * Baseline g(x) describes user and moment; action features ψ(x, a) describe a send, and `hold` is the zero vector,
 * so that ψ·w is the incremental effect against `hold`.
 */
export interface FeatureEncoder {
  readonly baselineNames: readonly string[]
  /** Those of them that tell of the moment of the decision. */
  readonly momentColumns: readonly number[]
  readonly actionNames: readonly string[]
  /** So many columns of ψ, the first ones, are written here; the others tell what models expect. */
  readonly ownWidth: number
  /** Column of ψ that indicates the channel. */
  readonly channelColumns: Readonly<Partial<Record<Channel, number>>>
  /** Column of ψ with the incremental claim for the objective. */
  readonly claimColumns: Readonly<Record<string, number>>
  /** By objective of the model `response` or `visit` and channel: where its expected outcome goes, in effect units; never written here. */
  readonly expectedColumns: Readonly<Record<string, Readonly<Partial<Record<Channel, number>>>>>
  /** By objective of the artifact: where what the slow model says of its effect goes, in effect units; never written here. */
  readonly slowColumns: Readonly<Record<string, number>>
  /** Likewise its patterns of log odds. */
  readonly slowLogOdds: SlowLogOddsColumns
  /** Column of ψ with the fatigue of each channel; none where no objective looks at sends. */
  readonly fatigueColumns: Readonly<Partial<Record<Channel, number>>>
  encodeBaseline(context: FeatureContext, out: Float64Array): void
  /** Writes ψ(x, a) at `offset`; `out` must be zero there. */
  encodeAction(context: FeatureContext, action: ActionToEncode, target: Target): void
  /** The same for all actions of one context; what lay in `rows` is overwritten. Those of one opportunity and variant should come together. */
  encodeActions(context: FeatureContext, actions: readonly ActionToEncode[], rows: ActionRows): void
}

const BASELINE_NAMES = [
  'intercept',
  'visits 7 d',
  'visits 28 d',
  'days since visit',
  'sends 7 d',
  'responses 28 d',
  'hour sine',
  'hour cosine',
  'weekend',
]

const MOMENT_START = BASELINE_NAMES.indexOf('hour sine')
const MOMENT_COLUMNS = [MOMENT_START, MOMENT_START + 1, MOMENT_START + 2]

/** What rows are written with. */
interface Writer {
  readonly layout: ActionLayout
  readonly bucketOf: (message: string) => number
  readonly placeOf: ReturnType<typeof variantPlaces>
  readonly memo: WayMemo
  /** Working memory: full rows of what all actions share, of one way and of one proposal; by way, its first action. */
  readonly user: Target
  readonly way: Target
  readonly proposal: Target
  readonly firstOf: number[]
}

/** A writer for one user and moment. */
interface Scene {
  readonly writer: Writer
  readonly x: FeatureContext
}

function writerOf(layout: ActionLayout): Writer {
  const emptyRow = (): Target => ({ out: new Float64Array(layout.width), offset: 0 })
  const memory = { user: emptyRow(), way: emptyRow(), proposal: emptyRow(), firstOf: [] }
  const [bucketOf, placeOf] = [messageBuckets(layout.messageBuckets), variantPlaces(layout.variantBuckets)]
  return { ...{ layout, bucketOf, placeOf, memo: wayMemo() }, ...memory }
}

function putVisits(x: FeatureContext, out: Float64Array): void {
  out[0] = 1
  out[1] = x.visits7d / 7
  out[2] = x.visits28d / HISTORY_DAYS
  out[3] = x.daysSinceVisit / HISTORY_DAYS
  out[4] = x.sends7d / 8
  out[5] = x.responses28d / 8
}

function clearColumns(row: Float64Array, columns: Int32Array): void {
  for (let i = 0; i < columns.length; i += 1) row[columns[i]!] = 0
}

/** The first way of this channel and moment among those of earlier actions, or −1. */
function wayLike(
  actions: readonly ActionToEncode[],
  { channel, sendAt }: ActionToEncode['candidate'],
  { firstOf, count }: { readonly firstOf: readonly number[]; readonly count: number },
): number {
  for (let way = 0; way < count; way += 1) {
    const { candidate } = actions[firstOf[way]!]!
    if (candidate.channel === channel && candidate.sendAt === sendAt) return way
  }
  return -1
}

function encodeWays(scene: Scene, actions: readonly ActionToEncode[], { ways, wayOf }: ActionRows): void {
  const { x, writer } = scene
  const { layout, user, way, firstOf } = writer
  ways.size[0] = 0
  user.out.fill(0)
  putUser(x, user.out, 0)
  putCommon(layout.common, x, user)
  for (let i = 0; i < actions.length; i += 1) {
    const { candidate } = actions[i]!
    const known = wayLike(actions, candidate, { firstOf, count: ways.size[0]! })
    wayOf[i] = known
    if (known >= 0) continue
    way.out.set(user.out)
    putWay(writer, { x, candidate }, way)
    const added = appendRow(ways, way.out, layout.wayColumns)
    firstOf[added] = i
    wayOf[i] = added
  }
}

function encodeProposals(
  scene: Scene,
  actions: readonly ActionToEncode[],
  { proposals, proposalOf }: ActionRows,
): void {
  const { x, writer } = scene
  const { layout, proposal } = writer
  proposals.size[0] = 0
  let opportunity: Opportunity | undefined
  let variant: Variant | undefined
  let row = -1
  for (let i = 0; i < actions.length; i += 1) {
    const action = actions[i]!
    if (action.opportunity !== opportunity) {
      opportunity = action.opportunity
      variant = undefined
      clearColumns(proposal.out, layout.proposalColumns)
      putOpportunity(writer, { x, opportunity }, proposal)
    }
    if (action.variant !== variant) {
      variant = action.variant
      clearColumns(proposal.out, layout.variantColumns)
      putVariant(writer, { opportunity, variant }, proposal)
      row = appendRow(proposals, proposal.out, layout.proposalColumns)
    }
    proposalOf[i] = row
  }
}

/** Compiles schema, objectives and channels into an encoder; pure, so it may be kept. */
export function compileFeatures(parts: EncoderParts): FeatureEncoder {
  const baseline = placed(parts.features.features.filter(isCommon), BASELINE_NAMES.length)
  const layout = layoutOf(parts)
  const writer = writerOf(layout)
  return {
    baselineNames: [...BASELINE_NAMES, ...baseline.flatMap(({ spec }) => namesOf(spec))],
    momentColumns: MOMENT_COLUMNS,
    actionNames: layout.names,
    ownWidth: layout.expectedStart,
    channelColumns: layout.channelColumns,
    expectedColumns: layout.expectedColumns,
    slowColumns: layout.slowColumns,
    slowLogOdds: layout.slowLogOdds,
    fatigueColumns: layout.fatigueColumns,
    claimColumns: Object.fromEntries(Array.from(layout.claims, ([name, { incremental }]) => [name, incremental])),

    encodeBaseline(x, out) {
      putVisits(x, out)
      putMoment(writer.memo.momentAt(x.zone, x.now), out, MOMENT_START)
      putCommon(baseline, x, { out, offset: 0 })
    },

    encodeAction(x, { opportunity, variant, candidate }, target) {
      putUser(x, target.out, target.offset)
      putCommon(layout.common, x, target)
      putOpportunity(writer, { x, opportunity }, target)
      putWay(writer, { x, candidate }, target)
      putVariant(writer, { opportunity, variant }, target)
    },

    encodeActions(x, actions, rows) {
      const scene = { writer, x }
      encodeWays(scene, actions, rows)
      encodeProposals(scene, actions, rows)
    },
  }
}
