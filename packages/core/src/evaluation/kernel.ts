/** Kernels of moments, each with integral 1: as in Open Bandit Pipeline. All but the Gaussian end at one bandwidth. */
export const KERNELS = ['epanechnikov', 'gaussian', 'triangular', 'cosine'] as const
export type KernelName = (typeof KERNELS)[number]

/** The kernel at a distance in bandwidths. */
export function kernelAt(kernel: KernelName, distance: number): number {
  if (kernel === 'gaussian') return Math.exp(-(distance ** 2) / 2) / Math.sqrt(2 * Math.PI)
  const near = Math.min(1, Math.abs(distance))
  if (kernel === 'epanechnikov') return 0.75 * (1 - near ** 2)
  if (kernel === 'triangular') return 1 - near
  return (Math.PI / 4) * Math.cos((near * Math.PI) / 2)
}

// Gaussian tails beyond so many rounds of a circle, at a bandwidth of half of it, are below 1e-9.
const ROUNDS = 4

/**
 * By decision, K((t − τ) / h) / (h p): how much a reward at moment t, drawn with density p, says of the target's moment τ (Kallus & Zhou 2018,
 * eq. 4). On a circle of length `period` (24 for hours of the day) the distance goes the short way round.
 */
export function kernelWeights(
  {
    moments,
    targets,
    densities,
  }: {
    readonly moments: ArrayLike<number>
    readonly targets: ArrayLike<number>
    readonly densities: ArrayLike<number>
  },
  {
    kernel,
    bandwidth,
    period,
  }: { readonly kernel: KernelName; readonly bandwidth: number; readonly period: number | null },
): Float64Array {
  return Float64Array.from({ length: moments.length }, (_, i) => {
    const distance = targets[i]! - moments[i]!
    return around(distance, period, (own) => kernelAt(kernel, own / bandwidth)) / (bandwidth * densities[i]!)
  })
}

function around(distance: number, period: number | null, at: (distance: number) => number): number {
  if (period === null) return at(distance)
  const short = distance - period * Math.round(distance / period)
  let sum = at(short)
  for (let round = 1; round <= ROUNDS; round++) sum += at(short + round * period) + at(short - round * period)
  return sum
}
