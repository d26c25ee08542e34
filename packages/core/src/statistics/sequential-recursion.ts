import { gaussLegendre, normalCdf, normalPdf } from '../numeric/index.ts'

/**
 * Brownian motion without drift that has not left its regions so far: the sub-density of B at information time `time`,
 * as weights at quadrature nodes. Z at that time is B / √t. With drift θ, B(t) ~ N(θ t, t), the sub-density is this one
 * times exp(θ x − θ² t / 2) at x, whatever the regions were.
 */
export interface SequentialState {
  readonly time: number
  readonly nodes: Float64Array
  /** Density × quadrature weight. Sums to the probability of having gone on. */
  readonly mass: Float64Array
}

/** What lies between two bounds of Z, where the motion goes on. Either may be infinite. */
export interface Region {
  readonly low: number
  readonly high: number
}

// Mass beyond: Φ(−8) = 6e-16.
const REACH_SDS = 8
// Paths near a bound, high up, are what crosses next; beyond 12 standard deviations there are none, Φ(−12) = 2e-33.
const UPPER_REACH_SDS = 12
// 10 panels of 20 nodes at least; a panel is at most six standard deviations of the narrower of the two steps that meet
// in it. Twice the nodes move no bound by more than 1e-9.
const RULE = gaussLegendre(20)
const LEAST_PANELS = 10
const PANEL_SDS = 6
// Further apart than this the kernel is nothing: φ(9) = 1e-18.
const KERNEL_SDS = 9

/** The motion before its first look: at 0, for certain. */
export const START: SequentialState = { time: 0, nodes: Float64Array.of(0), mass: Float64Array.of(1) }

/** A look at information time `time` at which Z stands at `z`. */
export interface ZAtTime {
  readonly time: number
  readonly z: number
}

/** P(no exit so far, and Z ≥ z) under `drift`, with full relative accuracy however small. */
export function upperExit(state: SequentialState, outcome: ZAtTime, drift = 0): number {
  return exit(state, outcome, { drift, side: 1 })
}

/** P(no exit so far, and Z ≤ z) under `drift`. */
export function lowerExit(state: SequentialState, outcome: ZAtTime, drift = 0): number {
  return exit(state, outcome, { drift, side: -1 })
}

function exit(
  { nodes, mass, time: before }: SequentialState,
  { time, z }: ZAtTime,
  { drift, side }: { readonly drift: number; readonly side: 1 | -1 },
): number {
  const step = time - before
  const scale = side / Math.sqrt(step)
  const edge = z * Math.sqrt(time) - drift * step
  const tilt = (-drift * drift * before) / 2
  let sum = 0
  for (let i = 0; i < nodes.length; i++) {
    const x = nodes[i]!
    const weight = drift === 0 ? mass[i]! : mass[i]! * Math.exp(drift * x + tilt)
    sum += weight * normalCdf((x - edge) * scale)
  }
  return sum
}

/**
 * The state at `time`, after a look whose `region` of Z goes on: f_k(y) = ∫ f_{k−1}(x) φ((y − x) / √dt) / √dt dx
 * (Armitage, McPherson & Rowe 1969). `nextTime` is that of the look to come, which says how fine the nodes must lie.
 */
export function advance(
  state: SequentialState,
  look: { readonly time: number; readonly nextTime: number; readonly region: Region },
): SequentialState {
  const { time, nextTime, region } = look
  const step = time - state.time
  const root = Math.sqrt(time)
  const low = Math.max(region.low, -REACH_SDS) * root
  const high = Math.min(region.high, UPPER_REACH_SDS) * root
  if (!(high > low)) return { time, nodes: new Float64Array(0), mass: new Float64Array(0) }
  const finest = Math.sqrt(Math.min(step, nextTime > time ? nextTime - time : step))
  const panels = Math.max(LEAST_PANELS, Math.ceil((high - low) / (PANEL_SDS * finest)))
  const { places, weights } = spreadNodes(low, high, panels)
  carryMass(state, { step, places, weights })
  return { time, nodes: places, mass: weights }
}

/** weights[j] ← weights[j] · density at places[j] of the state carried `step` on. Both lists of nodes ascend. */
function carryMass(
  { nodes, mass }: SequentialState,
  to: { readonly step: number; readonly places: Float64Array; readonly weights: Float64Array },
): void {
  const scale = 1 / Math.sqrt(to.step)
  let first = 0
  for (let j = 0; j < to.places.length; j++) {
    const y = to.places[j]! * scale
    while (first < nodes.length && y - nodes[first]! * scale > KERNEL_SDS) first++
    let sum = 0
    for (let i = first; i < nodes.length; i++) {
      const distance = y - nodes[i]! * scale
      if (distance < -KERNEL_SDS) break
      sum += mass[i]! * normalPdf(distance)
    }
    to.weights[j] = to.weights[j]! * sum * scale
  }
}

interface Nodes {
  readonly places: Float64Array
  readonly weights: Float64Array
}

function spreadNodes(low: number, high: number, panels: number): Nodes {
  const count = RULE.nodes.length
  const width = (high - low) / panels
  const places = new Float64Array(panels * count)
  const weights = new Float64Array(panels * count)
  for (let p = 0, at = 0; p < panels; p++) {
    for (let i = 0; i < count; i++, at++) {
      places[at] = low + width * (p + RULE.nodes[i]!)
      weights[at] = width * RULE.weights[i]!
    }
  }
  return { places, weights }
}
