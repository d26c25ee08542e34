/**
 * How far a studentised effect T = (estimate − truth) / SE is from symmetric, to the order 1/√n; each in standard errors. All 0:
 * T is normal to that order.
 */
export interface Asymmetry {
  /** Skewness A of the estimate's linear part: third cumulant ÷ SE³. */
  readonly skewness: number
  /** Expectation of the estimate's quadratic part ÷ SE: of a ratio or a logarithm. */
  readonly bias: number
  /** How that part bends along the linear one: h'Σ H Σh ÷ SE³, h the gradient and H the Hessian. */
  readonly curvature: number
}

/** |skewness| beyond which the corrected error of a nominal 5 % was seen to leave 4 to 6 % (docs/methods/skewness.md). */
export const MOST_SKEWNESS = 0.2

/**
 * The score that is standard normal up to 1/n: Hall's monotone cubic (Hall 1992, On the removal of skewness by transformation,
 * JRSS B 54, eq. 2.3), a + ((1 + b t)³ − 1) / 3b, from P(T ≤ x) = Φ(x) + (a + b x²) φ(x) with b = A/3 + curvature/2 and
 * a = A/6 − bias + curvature/2. Fails where |A| is large: too few units for the tail (`MOST_SKEWNESS`).
 */
export function correctedScore(score: number, asymmetry: Asymmetry | undefined): number {
  if (asymmetry === undefined) return score
  const { shift, bend } = shape(asymmetry)
  return shift + score + bend * score ** 2 + (bend ** 2 / 3) * score ** 3
}

// A bend below this moves a score by less than 1e-13.
const STRAIGHT = 1e-15

/** The score that `correctedScore` turns into this one. */
export function scoreBefore(corrected: number, asymmetry: Asymmetry | undefined): number {
  if (asymmetry === undefined) return corrected
  const { shift, bend } = shape(asymmetry)
  const x = corrected - shift
  const grown = 3 * bend * x
  // (∛(1 + g) − 1) / b, by logarithms where g is small: no digits are lost as b nears 0.
  if (Math.abs(bend) < STRAIGHT) return x
  if (Math.abs(grown) < 0.5) return Math.expm1(Math.log1p(grown) / 3) / bend
  return (Math.cbrt(1 + grown) - 1) / bend
}

function shape({ skewness, bias, curvature }: Asymmetry): { readonly shift: number; readonly bend: number } {
  return { shift: skewness / 6 - bias + curvature / 2, bend: skewness / 3 + curvature / 2 }
}

/** Of a weighted sum of independent effects: third-order parts add with the cube of weight × SE, biases as they are. */
export function combineAsymmetry(
  parts: readonly { readonly share: number; readonly stdError: number; readonly asymmetry: Asymmetry | undefined }[],
  stdError: number,
): Asymmetry | undefined {
  let [skewness, bias, curvature] = [0, 0, 0]
  for (const part of parts) {
    if (part.asymmetry === undefined) return undefined
    const ratio = (part.share * part.stdError) / stdError
    skewness += ratio ** 3 * part.asymmetry.skewness
    bias += ratio * part.asymmetry.bias
    curvature += ratio ** 3 * part.asymmetry.curvature
  }
  return { skewness, bias, curvature }
}

/** Units, as a multiple of those there are, from which on the correction can be trusted; null where it can be. */
export function unitsMultiple({ skewness }: Asymmetry): number | null {
  return Math.abs(skewness) <= MOST_SKEWNESS ? null : (skewness / MOST_SKEWNESS) ** 2
}
