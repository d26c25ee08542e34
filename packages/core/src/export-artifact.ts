import { type CompiledSnapshot, compileSnapshot, shapeOf } from './compiled-snapshot.ts'
import {
  type ArtifactInput,
  assertNever,
  type Channel,
  type DenseLayer,
  type HeadState,
  type Objective,
  PalomaError,
  type PolicyArtifact,
  PRESSURE_NAMES,
  priorEffectSdOf,
  type SlowAnswers,
  type SlowHazards,
  type SlowLogOdds,
  type SlowLoss,
  type SlowObjective,
  type SlowPart,
  type SlowResponse,
  type Snapshot,
  slowEffectOf,
  slowLossesOf,
  slowOutcomesOf,
} from './domain/index.ts'
import { ENCODING, inputsNamed } from './features/index.ts'
import {
  expectedNoise,
  isVisit,
  outcomeHeadOf,
  RESPONSE_HEAD,
  RESPONSE_WINDOW_HOURS,
  slowAnswersOf,
  worthHeadOf,
} from './learning/index.ts'
import { packedIndex } from './numeric/index.ts'
import { randomFrom } from './random/index.ts'

const CHECKS = 4
/** Elsewhere effects differ by more than a long log leaves unsure: each feature by at least this share of the size effects have. */
const LEAST_RESIDUAL = 0.1
/** And all of them by a factor that is as unsure as this. */
const SCALE_SD = 0.3
/** Log odds differ elsewhere by at least this much per feature, and in their level. */
const LEAST_LOG_ODDS_SD = 0.1
const LEAST_LEVEL_SD = 0.3
/** The worth of an outcome is believed elsewhere as if it had been seen on so many. */
const WORTH_TRIALS = 10

/** What an artifact is told in: its inputs, where they stand in the action block of heads, and what an earlier artifact had. */
interface Told {
  readonly snapshot: Snapshot
  readonly parts: CompiledSnapshot
  readonly inputs: PolicyArtifact['inputs']
  readonly places: readonly number[]
  readonly offset: number
  /** Outputs of the last layer. */
  readonly outputs: number
}

/** What is learned beside an earlier artifact goes in with its inputs, so that its layers stay as they are. */
function toldIn(snapshot: Snapshot): Told {
  const { encoder, baselineWidth } = shapeOf(snapshot)
  const { features, objectives, rules, artifact } = snapshot
  const parts = { features, objectives, channels: rules.channels }
  const names = encoder.actionNames.slice(0, encoder.ownWidth)
  const earlier = artifact?.inputs ?? { baseline: [], action: [] }
  const known = new Set(earlier.action.map(({ name }) => name))
  const columns = inputsNamed(parts, names)
  const action: readonly ArtifactInput[] = [...earlier.action, ...columns.filter(({ name }) => !known.has(name))]
  const pressure = objectives.some(({ model }) => model === 'hazard') ? inputsNamed(parts, PRESSURE_NAMES) : undefined
  return {
    snapshot,
    parts: compileSnapshot(snapshot),
    inputs: { baseline: earlier.baseline, action, ...(pressure === undefined ? {} : { pressure }) },
    places: action.map(({ name }) => names.indexOf(name)),
    offset: baselineWidth,
    outputs: artifact?.layers.at(-1)?.bias.length ?? 0,
  }
}

/** Something an earlier artifact said, and what has been learned to multiply it by. */
interface Weighed {
  readonly weight: number
  readonly direct: readonly number[]
  readonly out: readonly number[]
}

/** Σ weight · what was said, over so many inputs and outputs. */
function folded(
  earlier: readonly Weighed[],
  { inputs, outputs }: { readonly inputs: number; readonly outputs: number },
): Pick<SlowPart, 'direct' | 'out'> {
  const sum = (of: (each: Weighed) => number): number =>
    earlier.reduce((total, each) => total + each.weight * of(each), 0)
  return {
    direct: Array.from({ length: inputs }, (_, i) => sum(({ direct }) => direct[i] ?? 0)),
    out: Array.from({ length: outputs }, (_, j) => sum(({ out }) => out[j] ?? 0)),
  }
}

/** Standard deviation of weight i of a head. */
function sdOf(head: HeadState, i: number): number {
  return Math.sqrt(head.covariance[packedIndex(i, i)]! * expectedNoise(head))
}

/** How unsure a typical one of these weights still is. */
function typicalSd(head: HeadState, places: readonly number[]): number {
  return Math.sqrt(places.reduce((sum, i) => sum + sdOf(head, i) ** 2, 0) / places.length)
}

/** The linear effects of a head of rewards, with what an earlier artifact said. */
function effectPart(objective: Objective, told: Told): SlowPart {
  const { snapshot, parts, places, offset, outputs } = told
  const head = snapshot.state.heads[objective.name]!
  const earlier = parts.objectives.flatMap((each): readonly Weighed[] => {
    const column = parts.encoder.slowColumns[each.name]
    const part = snapshot.artifact && slowEffectOf(snapshot.artifact, each.name)
    if (column === undefined || part === undefined) return []
    return [{ ...part, weight: head.mean[offset + column]! / priorEffectSdOf(each) }]
  })
  const { direct, out } = folded(earlier, { inputs: places.length, outputs })
  const own = places.map((j) => offset + j)
  return {
    direct: direct.map((said, i) => said + head.mean[own[i]!]!),
    out,
    scaleSd: SCALE_SD,
    residualSd: Math.max(typicalSd(head, own), LEAST_RESIDUAL * priorEffectSdOf(objective)),
  }
}

/** Log odds of a head of single sends: its weight of `send` is their level. */
function logOddsPart(head: HeadState, { snapshot: { artifact }, parts, inputs, places, outputs }: Told): SlowLogOdds {
  const { answers, outcomes } = parts.encoder.slowLogOdds
  const columns: readonly (readonly [SlowLogOdds | undefined, number | null])[] = [
    [artifact?.answers, answers],
    ...Object.entries(outcomes).map(([name, column]) => [artifact && slowOutcomesOf(artifact, name), column] as const),
  ]
  const earlier = columns.flatMap(([part, column]): readonly Weighed[] =>
    part === undefined || column === null ? [] : [{ ...part, weight: head.mean[column]! }],
  )
  const { direct, out } = folded(earlier, { inputs: places.length, outputs })
  const send = places[inputs.action.findIndex(({ name }) => name === 'send')]!
  return {
    level: head.mean[send]!,
    levelSd: Math.max(sdOf(head, send), LEAST_LEVEL_SD),
    direct: direct.map((said, i) => said + (places[i] === send ? 0 : head.mean[places[i]!]!)),
    out,
    scaleSd: SCALE_SD,
    residualSd: Math.max(typicalSd(head, places), LEAST_LOG_ODDS_SD),
  }
}

function answersOf(told: Told): SlowAnswers {
  return { windowHours: RESPONSE_WINDOW_HOURS, ...logOddsPart(told.snapshot.state.heads[RESPONSE_HEAD]!, told) }
}

type Meaning = Pick<SlowObjective, 'events' | 'aggregate' | 'valueProperty' | 'windowHours'>

function responseOf(objective: Objective, meaning: Meaning, told: Told): SlowResponse {
  const { snapshot, parts, offset } = told
  const { name } = objective
  const head = snapshot.state.heads[name]!
  const factors = Object.entries(parts.encoder.expectedColumns[name] ?? {}).map(([channel, column]) => {
    const mean = head.mean[offset + column]! / priorEffectSdOf(objective)
    return [channel, { mean, sd: Math.max(SCALE_SD * Math.abs(mean), LEAST_RESIDUAL) }]
  })
  return {
    model: 'response',
    ...meaning,
    outcomes: logOddsPart(snapshot.state.heads[outcomeHeadOf(name)]!, told),
    worth: { mean: snapshot.state.heads[worthHeadOf(name)]!.mean[0]!, trials: WORTH_TRIALS },
    factors: Object.fromEntries(factors),
    beside: effectPart(objective, told),
  }
}

function lossOf(channel: Channel, head: HeadState, { snapshot: { artifact }, inputs, outputs }: Told): SlowLoss {
  const told = slowLossesOf(artifact).filter((loss) => loss.channel === channel)
  const earlier = told.map(({ told: { user, out } }, k): Weighed => {
    return { weight: head.mean[PRESSURE_NAMES.length + k]!, direct: user, out }
  })
  const { direct, out } = folded(earlier, { inputs: inputs.baseline.length, outputs })
  return {
    pressure: PRESSURE_NAMES.map((_, i) => (i === 0 ? head.mean[i]! : Math.max(0, head.mean[i]!))),
    user: direct,
    out,
    levelSd: Math.max(sdOf(head, 0), LEAST_LEVEL_SD),
    scaleSd: SCALE_SD,
    residualSd: Math.max(typicalSd(head, [...PRESSURE_NAMES.keys()].slice(1)), LEAST_LOG_ODDS_SD),
  }
}

function hazardsOf(meaning: Meaning, told: Told): SlowHazards {
  const losses: Partial<Record<Channel, Record<string, SlowLoss>>> = {}
  for (const { channel, cause, state } of told.parts.causes) {
    losses[channel] = { ...losses[channel], [cause]: lossOf(channel, state, told) }
  }
  return { model: 'hazard', ...meaning, losses }
}

/** Null where an artifact has no form for it: the hazard of a next visit runs over hours, and its effect is no function of a send's columns alone. */
function objectiveOf(objective: Objective, told: Told): SlowObjective | null {
  const { events, aggregate, valueProperty = null, windowHours, model = 'effect' } = objective
  const meaning = { events, aggregate, valueProperty, windowHours }
  switch (model) {
    case 'effect':
      return { ...meaning, ...effectPart(objective, told) }
    case 'response':
      return responseOf(objective, meaning, told)
    case 'hazard':
      return hazardsOf(meaning, told)
    case 'visit':
      return null
    default:
      return assertNever(model)
  }
}

/** The layers with the new inputs, which they do not look at. */
function widened(layers: readonly DenseLayer[], inputs: number): readonly DenseLayer[] {
  return layers.map((layer, i) => {
    if (i > 0) return layer
    return {
      ...layer,
      weights: layer.weights.map((row) => [...row, ...new Array<number>(inputs - row.length).fill(0)]),
    }
  })
}

function withChecks(artifact: PolicyArtifact): PolicyArtifact {
  const random = randomFrom(`checks of the artifact ${artifact.name}`)
  const some = (inputs: readonly ArtifactInput[]): readonly number[] => inputs.map(() => 2 * random() - 1)
  const { baseline, action, pressure } = artifact.inputs
  const rows = Array.from({ length: CHECKS }, () => ({
    baseline: some(baseline),
    action: some(action),
    ...(pressure === undefined ? {} : { pressure: some(pressure).map(Math.abs) }),
  }))
  return { ...artifact, checks: rows.map((row) => checkOf(artifact, row)) }
}

function checkOf(artifact: PolicyArtifact, row: Parameters<typeof slowAnswersOf>[1]): PolicyArtifact['checks'][number] {
  const { effects, logOdds } = slowAnswersOf(artifact, row)
  return { ...row, effects, ...(Object.keys(logOdds).length === 0 ? {} : { logOdds }) }
}

/**
 * What the heads of a snapshot have learned, as an artifact that another server may start from; with one already loaded, the two
 * together. Not told: what sends are worth to later ones, which depends on the policy, single messages, and objectives of the model `visit`, which
 * another server begins with what is usual.
 *
 * @throws PalomaError ARTIFACT_EMPTY where there are no other objectives
 */
export function exportArtifact(snapshot: Snapshot, name: string): PolicyArtifact {
  if (snapshot.objectives.every(isVisit)) {
    const names = snapshot.objectives.map((objective) => objective.name).join(', ')
    throw new PalomaError(
      'ARTIFACT_EMPTY',
      `an artifact tells nothing of objectives of the model \`visit\`, and there are no others: ${names}`,
    )
  }
  const told = toldIn(snapshot)
  const { baseline, action } = told.inputs
  const isThrough = snapshot.objectives.some(({ model }) => model === 'response')
  return withChecks({
    format: 'paloma-policy-artifact',
    formatVersion: 1,
    name,
    encoding: ENCODING,
    inputs: told.inputs,
    layers: widened(snapshot.artifact?.layers ?? [], baseline.length + action.length),
    ...(isThrough ? { answers: answersOf(told) } : {}),
    objectives: Object.fromEntries(
      snapshot.objectives.flatMap((each) => {
        const slow = objectiveOf(each, told)
        return slow === null ? [] : [[each.name, slow] as const]
      }),
    ),
    checks: [],
  })
}
