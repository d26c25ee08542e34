import {
  type ActionRows,
  type Activation,
  assertNever,
  type Channel,
  fullRow,
  type Objective,
  type PolicyArtifact,
  priorEffectSdOf,
  type SlowLogOdds,
  type SlowLogOddsColumns,
  type SlowLoss,
  type SlowPart,
  slowEffectOf,
  slowLossesOf,
  slowOutcomesOf,
  type ToldLoss,
} from '../domain/index.ts'

/** A dense layer laid out for scoring: row-major weights, and room for what comes out. */
interface Layer {
  readonly weights: Float64Array
  readonly bias: Float64Array
  readonly activation: Activation
  readonly values: Float64Array
}

/** Weights on inputs of one side, and on what the layers make of them. */
interface Part {
  readonly direct: Float64Array
  readonly out: Float64Array
}

interface Effect extends Part {
  /** The raw reward that is one in the column it is written to. */
  readonly unit: number
}

interface Loss extends Part {
  readonly channel: Channel
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
  /** Patterns of log odds of sends, and the columns that they are written to, rising. */
  readonly patterns: readonly Part[]
  readonly patternColumns: readonly number[]
  /** Patterns of log odds of losses, in the order of channels and causes; `direct` is on g(x). */
  readonly losses: readonly Loss[]
  /** Inputs, those of g(x) first; what the layers make of them; and what they make of `hold`. */
  readonly input: Float64Array
  readonly hold: Float64Array
}

/** Where the inputs of an artifact stand, and where its answers go. */
interface Columns {
  readonly baselineNames: readonly string[]
  readonly actionNames: readonly string[]
  readonly slowColumns: Readonly<Record<string, number>>
  readonly slowLogOdds: SlowLogOddsColumns
}

/** Lays out an artifact for these columns, which it must fit; null without an artifact. */
export function slowModelOf(
  artifact: PolicyArtifact | undefined,
  objectives: readonly Objective[],
  { baselineNames, actionNames, slowColumns, slowLogOdds }: Columns,
): SlowModel | null {
  if (artifact === undefined) return null
  const told = objectives.filter(({ name }) => slowColumns[name] !== undefined)
  const answers = slowLogOdds.answers === null ? [] : [slowLogOdds.answers]
  const outcomes = Object.entries(slowLogOdds.outcomes)
  const { baseline, action } = artifact.inputs
  return {
    baselineColumns: Int32Array.from(baseline, ({ name }) => baselineNames.indexOf(name)),
    actionColumns: Int32Array.from(action, ({ name }) => actionNames.indexOf(name)),
    ...layersOf(artifact),
    effects: told.map((objective) => effectOf(slowEffectOf(artifact, objective.name)!, priorEffectSdOf(objective))),
    columns: told.map(({ name }) => slowColumns[name]!),
    patterns: [
      ...answers.map(() => partOf(artifact.answers!)),
      ...outcomes.map(([name]) => partOf(slowOutcomesOf(artifact, name)!)),
    ],
    patternColumns: [...answers, ...outcomes.map(([, column]) => column)],
    losses: slowLossesOf(artifact).map(({ channel, told: loss }) => ({ channel, ...lossOf(loss) })),
  }
}

function partOf({ direct, out }: Pick<SlowPart, 'direct' | 'out'>): Part {
  return { direct: Float64Array.from(direct), out: Float64Array.from(out) }
}

function effectOf(part: SlowPart, unit: number): Effect {
  return { ...partOf(part), unit }
}

function lossOf({ user, out }: SlowLoss): Part {
  return partOf({ direct: user, out })
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

function sumOf(weights: Float64Array, values: Float64Array, offset: number): number {
  let sum = 0
  for (let j = 0; j < weights.length; j += 1) sum += weights[j]! * values[offset + j]!
  return sum
}

/** Effect in raw reward of the send whose features are in `input`, against `hold`. */
function effectOn({ direct, out }: Part, output: Float64Array, { input, hold }: SlowModel): number {
  let sum = sumOf(direct, input, input.length - direct.length)
  for (let j = 0; j < out.length; j += 1) sum += out[j]! * (output[j]! - hold[j]!)
  return sum
}

/** Pattern of the log odds of the send whose features are in `input`. */
function patternOn({ direct, out }: Part, output: Float64Array, { input }: SlowModel): number {
  return sumOf(direct, input, input.length - direct.length) + sumOf(out, output, 0)
}

/** Puts user and moment in, and works out once what `hold` leads to. */
function begin(model: SlowModel, at: (input: number) => number): void {
  const { input, hold, actionColumns } = model
  input.fill(0)
  for (let j = 0; j < input.length - actionColumns.length; j += 1) input[j] = at(j)
  hold.set(outputOf(model))
}

/** Patterns of the log odds of losses, which depend on the user alone. */
function fillLosses({ losses, input, hold }: SlowModel, out: Float64Array): void {
  for (let k = 0; k < losses.length; k += 1) {
    const loss = losses[k]!
    out[k] = sumOf(loss.direct, input, 0) + sumOf(loss.out, hold, 0)
  }
}

/** Room for what the slow model says of the sends of one decision. */
export interface SlowSaid {
  /** Effect k of row r, in effect units, at k · rows + r. */
  readonly effects: Float64Array
  /** Pattern k of row r likewise. */
  readonly patterns: Float64Array
  /** One number per loss. */
  readonly losses: Float64Array
}

/** Room for so many rows; none without a slow model. */
export function roomFor(model: SlowModel | null, rows: number): SlowSaid {
  return {
    effects: new Float64Array(rows * (model?.effects.length ?? 0)),
    patterns: new Float64Array(rows * (model?.patterns.length ?? 0)),
    losses: new Float64Array(model?.losses.length ?? 0),
  }
}

/** What to score: sends from row `first` on, as the encoder wrote them. */
interface Sends {
  readonly sends: ActionRows
  readonly rows: number
  readonly first: number
  /** Working memory, as long as ψ is wide. */
  readonly psi: Float64Array
  readonly out: SlowSaid
}

/** Puts down what is said of the send whose features are in `input`. */
function saySend(
  model: SlowModel,
  { rows, row, out }: { readonly rows: number; readonly row: number; readonly out: SlowSaid },
): void {
  const { effects, patterns } = model
  const output = outputOf(model)
  for (let k = 0; k < effects.length; k += 1) {
    const effect = effects[k]!
    out.effects[k * rows + row] = effectOn(effect, output, model) / effect.unit
  }
  for (let k = 0; k < patterns.length; k += 1) out.patterns[k * rows + row] = patternOn(patterns[k]!, output, model)
}

/** What the slow model says of all sends of one user at one moment. */
export function fillSlow(model: SlowModel, baseline: Float64Array, { sends, rows, first, psi, out }: Sends): void {
  const { input, baselineColumns, actionColumns } = model
  begin(model, (j) => baseline[baselineColumns[j]!]!)
  fillLosses(model, out.losses)
  for (let row = first; row < rows; row += 1) {
    fullRow(sends, row - first, psi)
    for (let j = 0; j < actionColumns.length; j += 1) input[baselineColumns.length + j] = psi[actionColumns[j]!]!
    saySend(model, { rows, row, out })
  }
}

/** Patterns of the losses of one channel, in the order of causes: what follows pressure among what hazards look at. */
export function lossPatterns({ losses }: SlowModel, channel: Channel, said: Float64Array): readonly number[] {
  return Array.from(said).filter((_, k) => losses[k]!.channel === channel)
}

/** Everything that an artifact tells, each by its name. */
interface ToldParts {
  readonly effects: readonly (readonly [string, SlowPart])[]
  readonly logOdds: readonly (readonly [string, SlowLogOdds])[]
  readonly losses: readonly ToldLoss[]
}

/** What each part says of one row of inputs as the artifact names them, in the order of the parts; effects in raw reward. */
export function saidOfRow(
  artifact: PolicyArtifact,
  { effects, logOdds, losses }: ToldParts,
  row: { readonly baseline: readonly number[]; readonly action: readonly number[] },
): SlowSaid {
  const model: SlowModel = {
    baselineColumns: Int32Array.from(row.baseline, (_, j) => j),
    actionColumns: Int32Array.from(row.action, (_, j) => j),
    ...layersOf(artifact),
    effects: effects.map(([, part]) => effectOf(part, 1)),
    columns: [],
    patterns: logOdds.map(([, part]) => partOf(part)),
    patternColumns: [],
    losses: losses.map(({ channel, told }) => ({ channel, ...lossOf(told) })),
  }
  const out = roomFor(model, 1)
  begin(model, (j) => row.baseline[j]!)
  fillLosses(model, out.losses)
  model.input.set(row.action, row.baseline.length)
  saySend(model, { rows: 1, row: 0, out })
  return out
}
