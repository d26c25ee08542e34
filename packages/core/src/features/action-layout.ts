import {
  ANSWERS,
  CHANNELS,
  type Channel,
  type ChannelRule,
  effectUnitOf,
  type FeatureSchema,
  type FeatureSpec,
  isSeenOnVisit,
  type Objective,
  outcomesNamed,
  type PolicyArtifact,
  type SlowLogOddsColumns,
  slowEffectOf,
  slowOutcomesOf,
} from '../domain/index.ts'
import { type BagSpec, namesOf, widthOf } from './encode-declared.ts'

export interface EncoderParts {
  readonly features: FeatureSchema
  readonly objectives: readonly Objective[]
  readonly channels: Readonly<Partial<Record<Channel, ChannelRule>>>
  readonly artifact?: PolicyArtifact
}

const ACTION_NAMES = [
  'send',
  'channel sends 1 d',
  'channel sends 7 d',
  'sends 7 d',
  'channel responses 28 d',
  'family repeated lately',
  'visits 7 d',
  'days since visit',
  'slot hour sine',
  'slot hour cosine',
  'slot weekend',
  'slot delay',
]
/** What models of single sends look at beside; without such an objective these columns are not there. */
const SEND_NAMES = [
  'family repeats',
  'channel response rate',
  'slot half-day sine',
  'slot half-day cosine',
  'slot at usual hours',
]

/** What a segment knows of a moment by itself, beside what everybody does: see `putSegmentHours`. */
const SEGMENT_HOURS = ['hour sine', 'hour cosine', 'half-day sine', 'half-day cosine', 'weekend']
export const SEGMENT_WIDTH: number = SEGMENT_HOURS.length

/** A declared feature and its first column. */
export interface PlacedSpec<Spec extends FeatureSpec = BagSpec> {
  readonly spec: Spec
  readonly column: number
}

type MatchSpec = Extract<FeatureSpec, { readonly kind: 'match' }>

type CategorySpec = Extract<FeatureSpec, { readonly kind: 'category' }>

/** The declared category of users that has hours of its own. */
function segmentSpec({ features, hoursBy }: FeatureSchema): CategorySpec | null {
  for (const spec of features) {
    if (spec.kind === 'category' && spec.source === 'user' && spec.name === hoursBy) return spec
  }
  return null
}

/** Columns of a segment's own hours, with the category that declares it. */
export function segmentNamesOf(schema: FeatureSchema): readonly (readonly [string, FeatureSpec])[] {
  const spec = segmentSpec(schema)
  if (spec === null) return []
  return namesOf(spec).flatMap((name) =>
    SEGMENT_HOURS.map((column): [string, FeatureSpec] => [`slot ${column} of ${name}`, spec]),
  )
}

/** Where the claims for one objective go, and what one prior effect sd is in its unit. */
interface ClaimColumns {
  readonly incremental: number
  /** A level that is predicted given the send; how much of it is the send's doing has to be learned. */
  readonly predicted: number
  readonly unit: number
  /** What a usual claim amounts to, so that its log lies near 0. */
  readonly usual: number
}

/** Where the columns of ψ lie. */
export interface ActionLayout {
  readonly width: number
  readonly channelColumns: Readonly<Partial<Record<Channel, number>>>
  readonly messageStart: number
  readonly messageBuckets: number
  readonly looksAtSends: boolean
  readonly expectedColumns: Readonly<Record<string, Readonly<Partial<Record<Channel, number>>>>>
  /** From here on columns are not the encoder's to write. */
  readonly expectedStart: number
  /** Then, by objective of the artifact with an effect, what the slow model says of it. */
  readonly slowColumns: Readonly<Record<string, number>>
  /** The last ones: what it says of log odds. */
  readonly slowLogOdds: SlowLogOddsColumns
  /** By message bucket, the log of what it claims: how far a producer is to be believed is learned for each. */
  readonly logClaimStart: number
  /** Claims end where these begin. */
  readonly visitStart: number
  readonly visitColumns: Readonly<Partial<Record<Channel, number>>>
  readonly fatigueColumns: Readonly<Partial<Record<Channel, number>>>
  readonly claims: ReadonlyMap<string, ClaimColumns>
  /** What user and context declare: the same for every action of a decision. */
  readonly common: readonly PlacedSpec[]
  readonly ofOpportunity: readonly PlacedSpec[]
  readonly ofVariant: readonly PlacedSpec[]
  /** What user and opportunity tell together. */
  readonly matches: readonly PlacedSpec<MatchSpec>[]
  /** The segments with hours of their own, and the first column of the first; null where none are declared. */
  readonly segments: { readonly spec: CategorySpec; readonly start: number } | null
  readonly names: readonly string[]
  /** Columns that opportunity and variant write, and those that user, channel and moment do. */
  readonly proposalColumns: Int32Array
  readonly wayColumns: Int32Array
  /** Indicators of variants. */
  readonly variantStart: number
  readonly variantBuckets: number
  /** Columns of variants, and of their declared features. */
  readonly variantColumns: Int32Array
}

/** Column of how lately the message family was sent, and, where models look at sends, of how often. */
export const RECENCY_COLUMN = 5
export const REPEATS_COLUMN: number = ACTION_NAMES.length
/** Fatigue counts in units of two sends. */
export const FATIGUE_UNIT = 0.5
/** Where sends are valued by what they bring, a usual claim is that one in fifty brings an outcome. */
const USUAL_CLAIM = 0.02

function usualClaimOf(objective: Objective): number {
  return objective.model === 'response' ? USUAL_CLAIM * Math.abs(objective.worth ?? 1) : effectUnitOf(objective)
}

/** Declared features one after another from a column on. */
export function placed<Spec extends FeatureSpec>(specs: readonly Spec[], start: number): readonly PlacedSpec<Spec>[] {
  let column = start
  return specs.map((spec) => {
    const place = { spec, column }
    column += widthOf(spec)
    return place
  })
}

/** Whether a declared feature is the same for every action of a decision. */
export function isCommon(spec: FeatureSpec): spec is BagSpec {
  return spec.source === 'user' || spec.source === 'context'
}

function isOf(source: FeatureSpec['source']): (place: PlacedSpec<FeatureSpec>) => place is PlacedSpec {
  return (place): place is PlacedSpec => place.spec.source === source && place.spec.kind !== 'match'
}

function claimsOf(objectives: readonly Objective[], start: number): ActionLayout['claims'] {
  const claims = new Map<string, ClaimColumns>()
  for (const [i, objective] of objectives.entries()) {
    const { name } = objective
    const unit = effectUnitOf(objective)
    const place = { incremental: start + 2 * i, predicted: start + 2 * i + 1, unit, usual: usualClaimOf(objective) }
    if (!claims.has(name) && place.unit > 0) claims.set(name, place)
  }
  return claims
}

function columnsOf(specs: readonly PlacedSpec<FeatureSpec>[]): readonly number[] {
  return specs.flatMap(({ spec, column }) => Array.from({ length: widthOf(spec) }, (_, i) => column + i))
}

/** What an artifact tells of objectives, in the order of its columns. */
function toldOf({ objectives, artifact }: EncoderParts): {
  readonly effects: readonly string[]
  readonly answers: boolean
  readonly outcomes: readonly string[]
} {
  if (artifact === undefined) return { effects: [], answers: false, outcomes: [] }
  const names = objectives.map(({ name }) => name)
  return {
    effects: names.filter((name) => slowEffectOf(artifact, name) !== undefined),
    answers: artifact.answers !== undefined,
    outcomes: names.filter((name) => slowOutcomesOf(artifact, name) !== undefined),
  }
}

function slowNamesOf({ effects, answers, outcomes }: ReturnType<typeof toldOf>): readonly string[] {
  const told = [...effects, ...(answers ? [ANSWERS] : []), ...outcomes.map(outcomesNamed)]
  return told.map((what) => `slow model of ${what}`)
}

function slowPlaces(
  { effects, answers, outcomes }: ReturnType<typeof toldOf>,
  start: number,
): Pick<ActionLayout, 'slowColumns' | 'slowLogOdds'> {
  const from = start + effects.length
  const outcomesStart = from + (answers ? 1 : 0)
  return {
    slowColumns: Object.fromEntries(effects.map((name, i) => [name, start + i])),
    slowLogOdds: {
      answers: answers ? from : null,
      outcomes: Object.fromEntries(outcomes.map((name, i) => [name, outcomesStart + i])),
    },
  }
}

/** Which columns tell of the proposal and which of the way it is sent. */
function shared(layout: Omit<ActionLayout, 'proposalColumns' | 'wayColumns' | 'variantColumns'>): ActionLayout {
  const { messageStart, visitStart, expectedStart, ofOpportunity, matches, ofVariant, looksAtSends } = layout
  const { variantStart, variantBuckets } = layout
  const indicators = Array.from({ length: variantBuckets }, (_, i) => variantStart + i)
  const variantColumns = [...columnsOf(ofVariant), ...indicators]
  const declared = new Set([...columnsOf(ofOpportunity), ...columnsOf(matches), ...variantColumns])
  const isOfProposal = (column: number): boolean =>
    column === RECENCY_COLUMN ||
    (looksAtSends && column === REPEATS_COLUMN) ||
    (column >= messageStart && column < visitStart) ||
    declared.has(column)
  const columns = Array.from({ length: expectedStart }, (_, column) => column)
  return {
    ...layout,
    variantColumns: Int32Array.from(variantColumns),
    proposalColumns: Int32Array.from(columns.filter(isOfProposal)),
    wayColumns: Int32Array.from(columns.filter((column) => !isOfProposal(column))),
  }
}

/** Columns of what models expect of a send: of those through responses first, then of next visits, which what is seen on a visit does not bring. */
function expectedPlaces(
  objectives: readonly Objective[],
  used: readonly Channel[],
  start: number,
): { readonly names: readonly string[]; readonly columns: ActionLayout['expectedColumns'] } {
  const of = (model: Objective['model'], through: readonly Channel[]): readonly (readonly [string, Channel])[] =>
    objectives.flatMap((each) => (each.model === model ? through.map((channel) => [each.name, channel] as const) : []))
  const bringing = used.filter((channel) => !isSeenOnVisit(channel))
  const columns: Record<string, Partial<Record<Channel, number>>> = {}
  const places = [...of('response', used), ...of('visit', bringing)]
  for (const [i, [name, channel]] of places.entries()) columns[name] = { ...columns[name], [channel]: start + i }
  return { names: places.map(([name, channel]) => `expected ${name} on ${channel}`), columns }
}

/** Lays out the columns of ψ; what models of single sends look at is there where an objective builds on one. */
export function layoutOf(parts: EncoderParts): ActionLayout {
  const { features, objectives, channels } = parts
  const used = CHANNELS.filter((channel) => channels[channel] !== undefined)
  const looksAtSends = objectives.some(({ model }) => model === 'response')
  const channelStart = ACTION_NAMES.length + (looksAtSends ? SEND_NAMES.length : 0)
  const messageStart = channelStart + used.length
  const claimStart = messageStart + features.messageBuckets
  const logClaimStart = claimStart + 2 * objectives.length
  const claimBuckets = looksAtSends ? features.messageBuckets : 0
  const visitStart = logClaimStart + claimBuckets
  const fatigueStart = visitStart + (looksAtSends ? used.length : 0)
  const specsStart = fatigueStart + (looksAtSends ? used.length : 0)
  const specs = placed(features.features, specsStart)
  const segmentStart = specsStart + declaredWidth(features)
  const segment = segmentSpec(features)
  const segmentNames = segmentNamesOf(features).map(([name]) => name)
  const { variantBuckets = 0 } = features
  const variantStart = segmentStart + segmentNames.length
  const expectedStart = variantStart + variantBuckets
  const expected = expectedPlaces(objectives, used, expectedStart)
  const told = toldOf(parts)
  const columnsFrom = (start: number): Readonly<Partial<Record<Channel, number>>> =>
    Object.fromEntries(used.map((channel, i) => [channel, start + i]))
  const names = [
    ...ACTION_NAMES,
    ...(looksAtSends ? SEND_NAMES : []),
    ...used.map((channel) => `channel=${channel}`),
    ...Array.from({ length: features.messageBuckets }, (_, i) => `message bucket ${i}`),
    ...objectives.flatMap(({ name }) => [`claim ${name}`, `prediction ${name}`]),
    ...Array.from({ length: claimBuckets }, (_, i) => `log claim of message bucket ${i}`),
    ...(looksAtSends ? used.map((channel) => `visit rate on ${channel}`) : []),
    ...(looksAtSends ? used.map((channel) => `fatigue on ${channel}`) : []),
    ...features.features.flatMap(namesOf),
    ...segmentNames,
    ...variantNamesOf(features),
    ...expected.names,
    ...slowNamesOf(told),
  ]
  return shared({
    width: names.length,
    channelColumns: columnsFrom(channelStart),
    messageStart,
    messageBuckets: features.messageBuckets,
    ...{ variantStart, variantBuckets },
    looksAtSends,
    logClaimStart,
    visitStart,
    visitColumns: looksAtSends ? columnsFrom(visitStart) : {},
    fatigueColumns: looksAtSends ? columnsFrom(fatigueStart) : {},
    expectedStart,
    expectedColumns: expected.columns,
    ...slowPlaces(told, expectedStart + expected.names.length),
    claims: claimsOf(objectives, claimStart),
    common: specs.filter((place): place is PlacedSpec => isCommon(place.spec)),
    ofOpportunity: specs.filter(isOf('opportunity')),
    ofVariant: specs.filter(isOf('variant')),
    matches: specs.filter((place): place is PlacedSpec<MatchSpec> => place.spec.kind === 'match'),
    segments: segment === null ? null : { spec: segment, start: segmentStart },
    names,
  })
}

export function variantNamesOf({ variantBuckets = 0 }: FeatureSchema): readonly string[] {
  return Array.from({ length: variantBuckets }, (_, i) => `variant bucket ${i}`)
}

/** Total columns a schema adds, for sizing. */
export function declaredWidth(schema: FeatureSchema): number {
  return schema.features.reduce((sum, spec) => sum + widthOf(spec), 0)
}
