import type { QiniCurve } from '../evaluation/index.ts'
import {
  armSizes,
  type ExperimentUsers,
  encodeFeatures,
  featureDifference,
  heterogeneityOf,
  LEAST_USERS_PER_VARIANT,
  orderOfKeys,
  type SegmentEffect,
  segmentEffects,
} from '../heterogeneity/index.ts'
import { benjaminiHochberg, type Estimate, type UndefinedReason, undefinedEstimate } from '../statistics/index.ts'
import type { SingleUsers } from './experiment-summary.ts'
import { EXPLORATION_LEVEL, type ExplorationData } from './exploration-data.ts'
import type { ReadOutSpec } from './read-out-spec.ts'

/** The effect on one segment that was named beforehand. */
export interface SegmentEffectReadOut extends SegmentEffect {
  readonly segment: string
  /** Benjamini–Hochberg over all segments, metrics and treatments. */
  readonly qValue: number | null
  readonly differenceQValue: number | null
  /** The difference from everybody else stands out. */
  readonly isDiscovery: boolean
}

/** Whether the effect of a treatment on a metric differs between users. */
export interface HeterogeneityReadOut {
  readonly treatment: string
  readonly metric: string
  /** Users of both variants who were looked at. */
  readonly users: number
  /** Users of all variants, where those are a draw of them; null: all were looked at. */
  readonly drawnFrom: number | null
  /** Average effect by the best linear predictor, in the metric's unit. */
  readonly average: Estimate
  /** 0: effects are alike, or the features do not tell; 1: they differ as much as the model says. */
  readonly heterogeneity: Estimate
  readonly pValue: number | null
  readonly sequentialPValue: number | null
  readonly qValue: number | null
  readonly isDiscovery: boolean
  readonly qini: Estimate
  readonly area: Estimate
  /** Qini curve of one split: shares of the users, highest expected effect first, and the gain per user of all. */
  readonly curve: { readonly shares: readonly number[]; readonly gains: readonly number[] } | null
  readonly segments: readonly SegmentEffectReadOut[]
  /** Columns that are the same for everybody, or hold names that are all too rare, and were left out. */
  readonly constantFeatures: readonly string[]
  /** Why there is no answer; null where there is one. */
  readonly reason: UndefinedReason | null
  /** The same with names and numbers. */
  readonly detail: string | null
}

/** As for differences before exposure: beyond chance at one in a thousand. */
const DIFFERENCE_LEVEL = 0.001

/** Heterogeneity of every treatment's effect on every metric that was asked for; nothing where single users are not known. */
export function exploreHeterogeneity({ spec, summary }: ExplorationData): readonly HeterogeneityReadOut[] {
  const { single } = summary
  if (single === undefined || spec.heterogeneity === undefined) return []
  const treatments = spec.variants.map(({ name }) => name).filter((name) => name !== spec.control)
  const found = single.responses.flatMap(({ metric, values }) =>
    treatments.map((treatment) => heterogeneityFor({ spec, single }, { metric, values, treatment })),
  )
  return withDiscoveries(found)
}

interface Asked {
  readonly metric: string
  readonly values: Float64Array
  readonly treatment: string
}

interface Given {
  readonly spec: ReadOutSpec
  readonly single: SingleUsers
}

function heterogeneityFor(given: Given, asked: Asked): HeterogeneityReadOut {
  const { spec, single } = given
  const { metric, treatment } = asked
  const places = placesFor(given, asked)
  const named = {
    treatment,
    metric,
    users: places.length,
    drawnFrom: single.keys.length < single.of ? single.of : null,
  }
  const late = single.late.find(({ users }) => users > 0)
  if (late !== undefined) {
    const detail = `feature "${late.feature}" was measured after the exposure of ${late.users} users`
    return { ...named, ...withoutAnswer('measured-after-exposure', detail) }
  }
  const encoded = encodeFeatures(
    single.features.map((feature) =>
      feature.kind === 'number'
        ? { ...feature, values: places.map((i) => feature.values[i]!) }
        : { ...feature, values: places.map((i) => feature.values[i]!) },
    ),
  )
  const users: ExperimentUsers = {
    keys: places.map((i) => single.keys[i]!),
    treated: Uint8Array.from(places, (i) => (nameOf(given, i) === treatment ? 1 : 0)),
    propensity: Float64Array.from(places, (i) => shareOf(given, treatment, i)),
    features: encoded.rows,
    responses: Float64Array.from(places, (i) => asked.values[i]!),
  }
  const difference = featureDifference(encoded, users)
  if (difference !== null && difference.pValue < DIFFERENCE_LEVEL) {
    const detail = `feature "${difference.feature}" differs between ${treatment} and ${spec.control} (p ${difference.pValue.toExponential(1)}), so it was not known before exposure, or assignment was not random`
    return { ...named, ...withoutAnswer('differs-between-variants', detail, encoded.constant) }
  }
  const seed = `${spec.experiment}/${treatment}/${metric}`
  const how = { splits: spec.heterogeneity?.splits ?? 1, level: EXPLORATION_LEVEL, seed }
  const found = heterogeneityOf(users, how)
  if (found.kind === 'undefined') {
    return { ...named, ...withoutAnswer(found.reason, detailOf(found.reason, users, encoded.names), encoded.constant) }
  }
  const { kind: _, curve, ...answer } = found
  const segments = single.segments.flatMap(({ segment, values }) =>
    segmentEffects(
      users,
      places.map((i) => values[i]!),
      how,
    ).map((each) => ({ ...each, segment, qValue: null, differenceQValue: null, isDiscovery: false })),
  )
  return {
    ...{ ...named, ...answer, curve: thinned(curve), segments, constantFeatures: encoded.constant },
    ...{ qValue: null, isDiscovery: false, reason: null, detail: null },
  }
}

const MOST_POINTS = 100

/** The curve at no more than 101 of its points. */
function thinned(curve: QiniCurve | null): HeterogeneityReadOut['curve'] {
  if (curve === null) return null
  const last = curve.counts.length - 1
  const points = Math.min(last, MOST_POINTS)
  const places = Array.from({ length: points + 1 }, (_, k) => Math.round((k * last) / points))
  const users = curve.counts[last]!
  return {
    shares: places.map((i) => curve.counts[i]! / users),
    gains: places.map((i) => curve.gains[i]! / users),
  }
}

function nameOf({ spec, single }: Given, i: number): string {
  return spec.variants[single.variants[i]!]!.name
}

/** Planned chance of the treatment among it and the control, in the user's phase. */
function shareOf({ spec, single }: Given, treatment: string, i: number): number {
  const phase = spec.phases.find(({ name }) => name === single.phases?.[i])
  const weightOf = (name: string): number =>
    phase === undefined ? (spec.variants.find((each) => each.name === name)?.weight ?? 0) : (phase.weights[name] ?? 0)
  const own = weightOf(treatment)
  return own / (own + weightOf(spec.control))
}

/** Users of the two variants who count for the metric, while both had a chance; in the order of their ids, so that sums have one order. */
function placesFor(given: Given, { values, treatment }: Asked): readonly number[] {
  const places: number[] = []
  for (let i = 0; i < values.length; i++) {
    const name = nameOf(given, i)
    if (!Number.isFinite(values[i]) || (name !== treatment && name !== given.spec.control)) continue
    const share = shareOf(given, treatment, i)
    if (share > 0 && share < 1) places.push(i)
  }
  return orderOfKeys(places.map((i) => given.single.keys[i]!)).map((rank) => places[rank]!)
}

function detailOf(reason: UndefinedReason, { treated }: ExperimentUsers, names: readonly string[]): string | null {
  const [control, treatment] = armSizes(treated)
  if (reason === 'too-few-units') {
    return `expected ${LEAST_USERS_PER_VARIANT} users of either variant, got ${treatment} and ${control} of the control`
  }
  if (reason !== 'zero-variance') return null
  return names.length === 0
    ? 'every feature is the same for everybody, or names what hardly two users share'
    : 'the metric is the same for everybody'
}

function withoutAnswer(
  reason: UndefinedReason,
  detail: string | null,
  constantFeatures: readonly string[] = [],
): Omit<HeterogeneityReadOut, 'treatment' | 'metric' | 'users' | 'drawnFrom'> {
  const none = undefinedEstimate(reason)
  return {
    ...{ average: none, heterogeneity: none, qini: none, area: none, curve: null, segments: [], constantFeatures },
    ...{ pValue: null, sequentialPValue: null, qValue: null, isDiscovery: false, reason, detail },
  }
}

function withDiscoveries(found: readonly HeterogeneityReadOut[]): readonly HeterogeneityReadOut[] {
  const whole = benjaminiHochberg(found.map(({ pValue }) => pValue))
  const all = found.flatMap(({ segments }) => segments)
  const effects = benjaminiHochberg(all.map(({ pValue }) => pValue))
  const differences = benjaminiHochberg(all.map(({ differencePValue }) => differencePValue))
  let at = 0
  return found.map((each, i) => ({
    ...each,
    qValue: whole[i]!.adjusted,
    isDiscovery: whole[i]!.isDiscovery,
    segments: each.segments.map((segment) => {
      const k = at++
      const { adjusted: differenceQValue, isDiscovery } = differences[k]!
      return { ...segment, qValue: effects[k]!.adjusted, differenceQValue, isDiscovery }
    }),
  }))
}
