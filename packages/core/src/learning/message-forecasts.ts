import {
  CHANNELS,
  DAY_MS,
  type EpochMs,
  type Forecast,
  type ObjectiveEvidence,
  type OpenForecast,
} from '../domain/index.ts'
import {
  beliefOf,
  channelPrior,
  commonDoubt,
  LEAST_INFORMATION,
  type MessageTraits,
  noiseOf,
  sumPacked,
} from './message-beliefs.ts'
import { COHORT_MS, messageKey } from './objective-traces.ts'
import { type MaturedForecast, observeCohort } from './surrogate-test.ts'

/** A new forecast is written down so long after the last. */
const FORECAST_EVERY_MS = 7 * DAY_MS
/** A forecast counts as early while less than this share of what is known of a message has come up to its edge. */
const EARLY_SHARE = 0.5

/** Writes down what is believed now of messages that are still young, up to each edge, to be compared with what comes. */
export function openForecast(evidence: ObjectiveEvidence, at: EpochMs, traitsOf: MessageTraits): ObjectiveEvidence {
  const last = evidence.forecasts.at(-1)
  if (last !== undefined && at - last.at < FORECAST_EVERY_MS) return evidence
  const byEdge = evidence.edgesHours.map((_, j) => earlyBeliefs(evidence, j, traitsOf))
  const keys = [...new Set(byEdge.flatMap((beliefs) => [...beliefs.keys()]))]
  if (keys.length === 0) return evidence
  const beliefs = Object.fromEntries(keys.map((key) => [key, byEdge.map((each) => each.get(key) ?? null)]))
  return { ...evidence, forecasts: [...evidence.forecasts, { at, beliefs, outcomes: {}, compared: 0 }] }
}

/** What is believed of young messages up to one edge, by key. The first edge needs no forecast. */
function earlyBeliefs(
  evidence: ObjectiveEvidence,
  edge: number,
  traitsOf: MessageTraits,
): ReadonlyMap<string, Forecast> {
  const found = new Map<string, Forecast>()
  const horizon = { horizonHours: evidence.edgesHours[edge]!, trust: 'surrogate', givenUp: [] } as const
  for (const channel of edge === 0 ? [] : CHANNELS) {
    const prior = channelPrior(evidence, channel, { horizon, traitsOf })
    if (prior === null) continue
    const prefix = messageKey(channel, '')
    for (const [key, known] of Object.entries(evidence.messages)) {
      if (!key.startsWith(prefix) || known.information[edge]! >= EARLY_SHARE * known.information[0]!) continue
      const traits = traitsOf(key.slice(prefix.length))
      found.set(key, { ...beliefOf(prior, known, traits), shared: commonDoubt(prior, traits) })
    }
  }
  return found
}

/**
 * Compares forecasts with what their cohorts brought, edge by edge as these pass. `untilOf` says until when decisions
 * have been looked at for an edge.
 */
export function compareForecasts(
  evidence: ObjectiveEvidence,
  untilOf: (edgeHours: number) => EpochMs,
): ObjectiveEvidence {
  const { edgesHours } = evidence
  const tests = [...evidence.tests]
  const forecasts = evidence.forecasts.map((forecast) => {
    let { compared } = forecast
    while (compared < edgesHours.length && untilOf(edgesHours[compared]!) >= forecast.at + COHORT_MS) {
      const cohort = maturedCohort(evidence, forecast, compared)
      if (cohort !== null) tests[compared] = observeCohort(tests[compared]!, cohort)
      compared += 1
    }
    return { ...forecast, compared }
  })
  return { ...evidence, tests, forecasts: forecasts.filter(({ compared }) => compared < edgesHours.length) }
}

/**
 * The messages of a forecast as one cohort, because what is wrong about the mean of all is wrong about each: mean forecast and mean outcome, with
 * the doubt that they share whole and the rest divided by their number. Null where too little was seen.
 */
function maturedCohort(
  evidence: ObjectiveEvidence,
  { beliefs, outcomes }: OpenForecast,
  edge: number,
): MaturedForecast | null {
  const noise = sumPacked(noiseOf(evidence, edge + 1), edge + 1)
  const known = Object.entries(beliefs).flatMap(([key, each]) => {
    const belief = each[edge] ?? null
    const information = outcomes[key]?.information[edge] ?? 0
    if (belief === null || information < LEAST_INFORMATION) return []
    return [{ ...belief, outcome: outcomes[key]!.sums[edge]! / information, outcomeVariance: noise / information }]
  })
  if (known.length === 0 || !(noise > 0)) return null
  const meanOf = (of: (each: (typeof known)[number]) => number): number =>
    known.reduce((sum, each) => sum + of(each) / known.length, 0)
  const shared = Math.max(...known.map((each) => Math.min(each.shared, each.variance)))
  return {
    mean: meanOf(({ mean }) => mean),
    variance: shared + Math.max(0, meanOf(({ variance }) => variance) - shared) / known.length,
    outcome: meanOf(({ outcome }) => outcome),
    outcomeVariance: meanOf(({ outcomeVariance }) => outcomeVariance) / known.length,
  }
}
