import { randomFrom } from '../random/index.ts'

/** Random waves over a few features each: `inputs` features per wave, their frequencies and one phase, in turns. */
export interface WaveFeatures {
  readonly count: number
  readonly inputs: number
  /** count × inputs places among the features and, behind them, their roots. */
  readonly columns: Int32Array
  readonly frequencies: Float64Array
  readonly phases: Float64Array
}

/** How many features one wave looks at: main effects, pairs and triples all lie in the span of waves over three. */
const INPUTS = 3
/** Standard deviation of a frequency, in turns per unit of a feature in [0, 1]: about two thirds of a turn. */
const FREQUENCY_SD = 0.64

/**
 * `count` random waves for contexts of `features` numbers, fixed by the two counts alone. Random Fourier features (Rahimi
 * & Recht 2007) of an additive Gaussian process over triples of features (Duvenaud et al. 2011): a linear head on them can
 * bend and cross features. Every other wave sees the features' roots, which spread what lies crowded near 0. Fails to see interactions of four and more features, and those of triples it did not draw.
 */
export function createWaves(features: number, count: number): WaveFeatures {
  const inputs = Math.min(features, INPUTS)
  const random = randomFrom(`waves/${features}/${count}`)
  const columns = new Int32Array(count * inputs)
  const frequencies = new Float64Array(count * inputs)
  const phases = new Float64Array(count)
  for (let wave = 0; wave < count; wave++) {
    const drawn = columns.subarray(wave * inputs, (wave + 1) * inputs)
    const offset = wave % 2 === 0 ? features : 0
    for (let i = 0; i < inputs; i++) {
      drawn[i] = offset + drawOther(drawn.subarray(0, i), { features, offset }, random)
      frequencies[wave * inputs + i] = FREQUENCY_SD * almostNormal(random)
    }
    phases[wave] = random()
  }
  return { count, inputs, columns, frequencies, phases }
}

/** A column that is not among those drawn. */
function drawOther(
  drawn: Int32Array,
  { features, offset }: { readonly features: number; readonly offset: number },
  random: () => number,
): number {
  for (;;) {
    const column = Math.floor(features * random())
    if (!drawn.includes(offset + column)) return column
  }
}

/** Sum of twelve uniforms minus six: close to N(0, 1), by additions alone, so that every machine draws the same bits. */
function almostNormal(random: () => number): number {
  let sum = -6
  for (let i = 0; i < 12; i++) sum += random()
  return sum
}

/** Writes every wave's value in [−1, 1] into `out` from `at` on; `seen` holds the features, then their signed roots. */
export function fillWaves(
  { count, inputs, columns, frequencies, phases }: WaveFeatures,
  seen: Float64Array,
  { out, at }: { readonly out: Float64Array; readonly at: number },
): void {
  for (let wave = 0, k = 0; wave < count; wave++) {
    let turns = phases[wave]!
    for (let i = 0; i < inputs; i++, k++) turns += frequencies[k]! * seen[columns[k]!]!
    // Two parabolas for one turn: within 6 % of a sine, exact in every implementation of floating point.
    const place = turns - Math.floor(turns) - 0.5
    out[at + wave] = 8 * place * (1 - 2 * Math.abs(place))
  }
}
