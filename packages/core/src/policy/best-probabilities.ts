import { evaluateNormals, gaussLegendre, type NormalColumns, normalCdf } from '../numeric/index.ts'

// Mass beyond: Φ(−6) = 1e-9 per action.
const REACH_SDS = 6
// Further out than this a distribution function is flat enough for panels of its wider neighbours: 1 − Φ(5) = 3e-7.
const BEND_SDS = 5
// Φ(−7.04) = 1e-12: an action that beats the surest rival with less chance than that is left out.
const PRUNE_SDS = 7.04
// Below this share of its distance from the surest action a standard deviation drowns in rounding: a point mass.
const POINT_SHARE = 1e-12
// 12 nodes on five standard deviations of the narrowest density around: error < 3e-7.
const PANEL_SDS = 5
const RULE = gaussLegendre(12)

/** The actions that can be best: those with spread as columns, and the best of those without. */
interface Contest {
  readonly columns: NormalColumns
  /** Column → action. */
  readonly places: Int32Array
  /** Place of the best sure score, relative to `origin`; −∞ if every score is uncertain. */
  readonly point: number
  /** Before this place (relative to `origin`) no largest score lies, after `upper` neither. */
  readonly lower: number
  readonly upper: number
  readonly origin: number
}

/** Columns of working memory, kept because allocating them takes as long as half the quadrature. */
interface Memory extends Omit<NormalColumns, 'count'> {
  readonly places: Int32Array
  readonly sds: Float64Array
  readonly wins: Float64Array
  readonly products: Float64Array
}

let memory = freshMemory(32)

function freshMemory(actions: number): Memory {
  const column = (): Float64Array => new Float64Array(actions)
  const places = new Int32Array(actions)
  const normals = { mean: column(), inverseSd: column(), cdf: column(), density: column() }
  return { ...normals, places, sds: column(), wins: column(), products: column() }
}

function memoryFor(actions: number): Memory {
  if (memory.places.length < actions) memory = freshMemory(2 * actions)
  return memory
}

/**
 * P(action k has the largest score) for independent scores N(means[k], variances[k] / sharpness), as ∫ f_k Π_{j≠k} F_j by
 * Gauss–Legendre quadrature on panels that follow the narrowest density around. A variance of 0 is the exact limit: a
 * point mass, which wins with Π F_j(point); equal point masses share. Needs finite arguments; error < 1e-6. Written into `out`, which is
 * neither argument: a fresh column takes a fifteenth of what all else here does.
 */
export function bestProbabilities(
  means: Float64Array,
  variances: Float64Array,
  sharpness = 1,
  out: Float64Array = new Float64Array(means.length),
): Float64Array {
  const { sds, wins, products } = memoryFor(means.length)
  for (let k = 0; k < means.length; k++) sds[k] = Math.sqrt(variances[k]! / sharpness)
  const contest = prepareContest(means, sds)
  const { columns, places, lower, upper } = contest
  if (contest.point === Number.NEGATIVE_INFINITY && columns.count <= 2) return closedForm(contest, out)
  wins.fill(0, 0, columns.count)
  for (let x = lower; x < upper; ) {
    const width = panelWidth(columns, x, upper)
    for (let i = 0; i < RULE.nodes.length; i++) {
      evaluateNormals(columns, x + width * RULE.nodes[i]!)
      addWins(columns, { weight: width * RULE.weights[i]!, wins, products })
    }
    x += width
  }
  pointProbabilities({ means, sds }, contest, out)
  for (let k = 0; k < columns.count; k++) out[places[k]!] = wins[k]!
  normalise(out)
  return out
}

/** One action that nobody can beat, or two between which the sign of one normal difference decides. */
function closedForm({ columns, places }: Contest, out: Float64Array): Float64Array {
  out.fill(0)
  const { count, mean, inverseSd } = columns
  if (count === 1) {
    out[places[0]!] = 1
    return out
  }
  const gap = (mean[0]! - mean[1]!) / Math.hypot(1 / inverseSd[0]!, 1 / inverseSd[1]!)
  out[places[0]!] = normalCdf(gap)
  out[places[1]!] = normalCdf(-gap)
  return out
}

function prepareContest(means: Float64Array, sds: Float64Array): Contest {
  const surest = largestLowerEnd(means, sds)
  const origin = means[surest]!
  const { mean, inverseSd, cdf, density, places } = memoryFor(means.length)
  let count = 0
  let point = Number.NEGATIVE_INFINITY
  let upper = Number.NEGATIVE_INFINITY
  for (let k = 0; k < means.length; k++) {
    const place = means[k]! - origin
    const sd = sds[k]!
    if (isHopeless(place, sd, sds[surest]!)) continue
    if (isPoint(place, sd)) {
      point = Math.max(point, place)
      continue
    }
    mean[count] = place
    inverseSd[count] = 1 / sd
    places[count++] = k
    upper = Math.max(upper, place + REACH_SDS * sd)
  }
  const columns = { count, mean, inverseSd, cdf, density }
  return { columns, places, point, lower: Math.max(-REACH_SDS * sds[surest]!, point), upper, origin }
}

/** Whether the chance to beat the surest action, `place` above, is negligible. The root is taken only where it decides. */
function isHopeless(place: number, sd: number, surestSd: number): boolean {
  if (-place <= PRUNE_SDS * Math.max(sd, surestSd)) return false
  if (-place > PRUNE_SDS * (sd + surestSd)) return true
  return -place > PRUNE_SDS * Math.hypot(sd, surestSd)
}

function isPoint(place: number, sd: number): boolean {
  return sd <= POINT_SHARE * Math.abs(place)
}

/** The action whose lower end, mean − 6 sd, is largest: almost surely no score below that end is the best. */
function largestLowerEnd(means: Float64Array, sds: Float64Array): number {
  let best = 0
  for (let k = 1; k < means.length; k++) {
    if (means[k]! - REACH_SDS * sds[k]! > means[best]! - REACH_SDS * sds[best]!) best = k
  }
  return best
}

/** Five standard deviations of the narrowest density at `x`, or up to where a narrower one begins. */
function panelWidth({ count, mean, inverseSd }: NormalColumns, x: number, upper: number): number {
  let width = upper - x
  for (let k = 0; k < count; k++) {
    const sd = 1 / inverseSd[k]!
    const begin = mean[k]! - BEND_SDS * sd - x
    if (begin + 2 * BEND_SDS * sd > 0) width = Math.min(width, Math.max(PANEL_SDS * sd, begin))
  }
  return width
}

/** wins[k] += weight · f_k Π_{j≠k} F_j, from products of the columns before and after k, so that nothing is divided. */
function addWins(
  { count, cdf, density }: NormalColumns,
  sums: { readonly weight: number; readonly wins: Float64Array; readonly products: Float64Array },
): void {
  const { weight, wins, products } = sums
  let before = weight
  for (let k = 0; k < count; k++) {
    products[k] = before
    before *= cdf[k]!
  }
  let after = 1
  for (let k = count - 1; k >= 0; k--) {
    wins[k] = wins[k]! + products[k]! * after * density[k]!
    after *= cdf[k]!
  }
}

/** The chance of the best sure score, split equally among the actions that have it; 0 elsewhere. */
function pointProbabilities(
  { means, sds }: { readonly means: Float64Array; readonly sds: Float64Array },
  { columns, point, origin }: Contest,
  out: Float64Array,
): void {
  out.fill(0)
  if (point === Number.NEGATIVE_INFINITY) return
  let chance = 1
  evaluateNormals(columns, point)
  for (let k = 0; k < columns.count; k++) chance *= columns.cdf[k]!
  let ties = 0
  for (let k = 0; k < means.length; k++) {
    if (means[k]! - origin !== point || !isPoint(point, sds[k]!)) continue
    out[k] = chance
    ties += 1
  }
  for (let k = 0; k < means.length; k++) out[k] = out[k]! / ties
}

function normalise(probabilities: Float64Array): void {
  let sum = 0
  for (let k = 0; k < probabilities.length; k++) sum += probabilities[k]!
  for (let k = 0; k < probabilities.length; k++) probabilities[k] = probabilities[k]! / sum
}
