import {
  type ActionRows,
  type Activation,
  assertNever,
  fullRow,
  type Objective,
  PalomaError,
  type PolicyArtifact,
  priorEffectSdOf,
  type SlowEffect,
} from '../domain/index.ts'

/** A dense layer laid out for scoring: row-major weights, and room for what comes out. */
interface Layer {
  readonly weights: Float64Array
  readonly bias: Float64Array
  readonly activation: Activation
  readonly values: Float64Array
}

interface Effect {
  readonly direct: Float64Array
  readonly out: Float64Array
  /** The raw reward that is one in the column it is written to. */
  readonly unit: number
}

/** An artifact laid out for the columns of one encoder, with its working memory. */
export interface SlowModel {
  /** By input, its column of g(x) and of ψ. */
  readonly baselineColumns: Int32Array
  readonly actionColumns: Int32Array
  readonly layers: readonly Layer[]
  readonly effects: readonly Effect[]
  /** By effect, the column of ψ that it is written to, rising. */
  readonly columns: readonly number[]
  /** Inputs, those of g(x) first; what the layers make of them; and what they make of `hold`. */
  readonly input: Float64Array
  readonly hold: Float64Array
}

/** Where the inputs of an artifact stand, and where its answers go. */
interface Columns {
  readonly baselineNames: readonly string[]
  readonly actionNames: readonly string[]
  readonly slowColumns: Readonly<Record<string, number>>
}

/** Lays out an artifact for these columns, which it must fit; null without an artifact. */
export function slowModelOf(
  artifact: PolicyArtifact | undefined,
  objectives: readonly Objective[],
  { baselineNames, actionNames, slowColumns }: Columns,
): SlowModel | null {
  if (artifact === undefined) return null
  const told = objectives.filter(({ name }) => slowColumns[name] !== undefined)
  const { baseline, action } = artifact.inputs
  return {
    baselineColumns: Int32Array.from(baseline, ({ name }) => baselineNames.indexOf(name)),
    actionColumns: Int32Array.from(action, ({ name }) => actionNames.indexOf(name)),
    ...layersOf(artifact),
    effects: told.map((objective) => effectOf(artifact.objectives[objective.name]!, priorEffectSdOf(objective))),
    columns: told.map(({ name }) => slowColumns[name]!),
  }
}

function effectOf({ direct, out }: SlowEffect, unit: number): Effect {
  return { direct: Float64Array.from(direct), out: Float64Array.from(out), unit }
}

function layersOf({ layers, inputs }: PolicyArtifact): Pick<SlowModel, 'layers' | 'input' | 'hold'> {
  return {
    layers: layers.map(({ weights, bias, activation }) => ({
      weights: Float64Array.from(weights.flat()),
      bias: Float64Array.from(bias),
      activation,
      values: new Float64Array(bias.length),
    })),
    input: new Float64Array(inputs.baseline.length + inputs.action.length),
    hold: new Float64Array(layers.at(-1)?.bias.length ?? 0),
  }
}

function activated(activation: Activation, x: number): number {
  switch (activation) {
    case 'identity':
      return x
    case 'relu':
      return Math.max(0, x)
    case 'tanh':
      return Math.tanh(x)
    case 'silu':
      return x / (1 + Math.exp(-x))
    default:
      return assertNever(activation)
  }
}

/** The input through all layers; the same memory at every call. Without layers there is nothing. */
function outputOf({ layers, input, hold }: Pick<SlowModel, 'layers' | 'input' | 'hold'>): Float64Array {
  let values = input
  for (const { weights, bias, activation, values: next } of layers) {
    const inputs = values.length
    for (let i = 0; i < next.length; i += 1) {
      let sum = bias[i]!
      for (let j = 0; j < inputs; j += 1) sum += weights[i * inputs + j]! * values[j]!
      next[i] = activated(activation, sum)
    }
    values = next
  }
  return layers.length === 0 ? hold : values
}

/** Effect in raw reward of the send whose features are in `input`, against `hold`. */
function effectOn({ direct, out }: Effect, output: Float64Array, { input, hold }: SlowModel): number {
  const offset = input.length - direct.length
  let sum = 0
  for (let j = 0; j < direct.length; j += 1) sum += direct[j]! * input[offset + j]!
  for (let j = 0; j < out.length; j += 1) sum += out[j]! * (output[j]! - hold[j]!)
  return sum
}

/** Puts user and moment in, and works out once what `hold` leads to. */
function begin(model: SlowModel, at: (input: number) => number): void {
  const { input, hold, actionColumns } = model
  input.fill(0)
  for (let j = 0; j < input.length - actionColumns.length; j += 1) input[j] = at(j)
  hold.set(outputOf(model))
}

/** What to score: sends from row `first` on, as the encoder wrote them. */
interface Sends {
  readonly sends: ActionRows
  readonly rows: number
  readonly first: number
  /** Working memory, as long as ψ is wide. */
  readonly psi: Float64Array
  /** Effect k of row r, in effect units, at k · rows + r. */
  readonly out: Float64Array
}

/** What the slow model says of all sends of one user at one moment. */
export function fillSlowEffects(
  model: SlowModel,
  baseline: Float64Array,
  { sends, rows, first, psi, out }: Sends,
): void {
  const { input, baselineColumns, actionColumns, effects } = model
  begin(model, (j) => baseline[baselineColumns[j]!]!)
  for (let i = first; i < rows; i += 1) {
    fullRow(sends, i - first, psi)
    for (let j = 0; j < actionColumns.length; j += 1) input[baselineColumns.length + j] = psi[actionColumns[j]!]!
    const output = outputOf(model)
    for (let k = 0; k < effects.length; k += 1) {
      const effect = effects[k]!
      out[k * rows + i] = effectOn(effect, output, model) / effect.unit
    }
  }
}

/** Effects in raw reward, in the order of `objectives`, of one row of inputs as the artifact names them. */
export function slowEffectsOf(
  artifact: PolicyArtifact,
  row: { readonly baseline: readonly number[]; readonly action: readonly number[] },
): Readonly<Record<string, number>> {
  const effects = Object.values(artifact.objectives).map((effect) => effectOf(effect, 1))
  const model: SlowModel = {
    baselineColumns: Int32Array.from(row.baseline, (_, j) => j),
    actionColumns: Int32Array.from(row.action, (_, j) => j),
    ...layersOf(artifact),
    effects,
    columns: [],
  }
  begin(model, (j) => row.baseline[j]!)
  model.input.set(row.action, row.baseline.length)
  const output = outputOf(model)
  return Object.fromEntries(
    Object.keys(artifact.objectives).map((name, k) => [name, effectOn(effects[k]!, output, model)]),
  )
}

/** Allowed difference of a check, as a share of the effect or, where that is small, of one. */
const TOLERANCE = 1e-6

/**
 * Computes the artifact's own checks.
 *
 * @throws PalomaError ARTIFACT_CHECK_FAILED that names check, objective, what was expected and what came out
 */
export function runArtifactChecks(artifact: PolicyArtifact): void {
  for (const [i, check] of artifact.checks.entries()) {
    for (const [name, found] of Object.entries(slowEffectsOf(artifact, check))) {
      const expected = check.effects[name]
      if (expected !== undefined && Math.abs(found - expected) <= TOLERANCE * Math.max(1, Math.abs(expected))) continue
      throw new PalomaError(
        'ARTIFACT_CHECK_FAILED',
        `check ${i} of the artifact ${artifact.name}: the effect on ${name} is ${found}, expected ${expected ?? 'a number'}`,
        {
          hint: 'the file is damaged, or was written for another version',
          pointer: `/artifact/checks/${i}/effects/${name}`,
        },
      )
    }
  }
}
