/** Nodes and weights of a quadrature rule on [0, 1]: ∫ f ≈ Σ weights[i] f(nodes[i]). */
export interface QuadratureRule {
  readonly nodes: Float64Array
  readonly weights: Float64Array
}

/** The Gauss–Legendre rule with `count` nodes, exact for polynomials of degree 2 · count − 1 (Davis & Rabinowitz 1984, §2.7). */
export function gaussLegendre(count: number): QuadratureRule {
  const nodes = new Float64Array(count)
  const weights = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5))
    let { value, slope } = legendre(count, x)
    // Newton from Tricomi's guess doubles its three digits: four steps reach the last bit.
    for (let step = 0; step < 4; step++) {
      x -= value / slope
      ;({ value, slope } = legendre(count, x))
    }
    nodes[i] = (1 - x) / 2
    weights[i] = 1 / ((1 - x * x) * slope * slope)
  }
  return { nodes, weights }
}

/** Legendre's polynomial of `degree` ≥ 1 and its derivative at x in (−1, 1), by Bonnet's recursion. */
function legendre(degree: number, x: number): { readonly value: number; readonly slope: number } {
  let previous = 1
  let value = x
  for (let n = 2; n <= degree; n++) {
    const next = ((2 * n - 1) * x * value - (n - 1) * previous) / n
    previous = value
    value = next
  }
  return { value, slope: (degree * (x * value - previous)) / (x * x - 1) }
}
