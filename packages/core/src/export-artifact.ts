import { shapeOf } from './compiled-snapshot.ts'
import {
  type ArtifactInput,
  type DenseLayer,
  type HeadState,
  type Objective,
  PalomaError,
  type PolicyArtifact,
  priorEffectSdOf,
  type SlowEffect,
  type Snapshot,
} from './domain/index.ts'
import { ENCODING, inputsNamed } from './features/index.ts'
import { expectedNoise, slowEffectsOf } from './learning/index.ts'
import { packedIndex } from './numeric/index.ts'
import { randomFrom } from './random/index.ts'

const CHECKS = 4
/** Elsewhere effects differ by more than a long log leaves unsure: each feature by at least this share of the size effects have. */
const LEAST_RESIDUAL = 0.1
/** And all of them by a factor that is as unsure as this. */
const SCALE_SD = 0.3

/** The columns that an artifact is told in, as places in the action block of heads. */
interface Told {
  readonly inputs: PolicyArtifact['inputs']
  readonly places: readonly number[]
  readonly offset: number
}

/** What is learned beside an earlier artifact goes in with its inputs, so that its layers stay as they are. */
function toldIn(snapshot: Snapshot): Told {
  const { encoder, baselineWidth } = shapeOf(snapshot)
  const { features, objectives, rules, artifact } = snapshot
  const names = encoder.actionNames.slice(0, encoder.ownWidth)
  const columns = inputsNamed({ features, objectives, channels: rules.channels }, names)
  const earlier = artifact?.inputs ?? { baseline: [], action: [] }
  const known = new Set(earlier.action.map(({ name }) => name))
  const action: readonly ArtifactInput[] = [...earlier.action, ...columns.filter(({ name }) => !known.has(name))]
  return {
    inputs: { baseline: earlier.baseline, action },
    places: action.map(({ name }) => names.indexOf(name)),
    offset: baselineWidth,
  }
}

/** How unsure a typical weight still is, in raw reward. */
function typicalSd(head: HeadState, { places, offset }: Told): number {
  const sum = places.reduce((total, j) => total + head.covariance[packedIndex(offset + j, offset + j)]!, 0)
  return Math.sqrt((sum / places.length) * expectedNoise(head))
}

function slowEffectOf(
  objective: Objective,
  parts: {
    readonly head: HeadState
    readonly told: Told
    readonly earlier: EarlierEffect | null
    readonly outputs: number
  },
): SlowEffect {
  const { head, told, earlier, outputs } = parts
  const { events, aggregate, valueProperty = null, windowHours } = objective
  const sd = priorEffectSdOf(objective)
  const factor = earlier === null ? 0 : head.mean[told.offset + earlier.column]! / sd
  return {
    ...{ events, aggregate, valueProperty, windowHours },
    direct: told.places.map((j, i) => head.mean[told.offset + j]! + factor * (earlier?.effect.direct[i] ?? 0)),
    out: earlier?.effect.out.map((weight) => factor * weight) ?? zeros(outputs),
    scaleSd: SCALE_SD,
    residualSd: Math.max(typicalSd(head, told), LEAST_RESIDUAL * sd),
  }
}

/** What the artifact of this snapshot said of an objective, and the column it said it in. */
interface EarlierEffect {
  readonly effect: SlowEffect
  readonly column: number
}

function earlierOf(snapshot: Snapshot, name: string): EarlierEffect | null {
  const [effect, column] = [snapshot.artifact?.objectives[name], shapeOf(snapshot).slowColumns[name]]
  return effect === undefined || column === undefined ? null : { effect, column }
}

/** The layers with the new inputs, which they do not look at. */
function widened(layers: readonly DenseLayer[], inputs: number): readonly DenseLayer[] {
  return layers.map((layer, i) =>
    i > 0 ? layer : { ...layer, weights: layer.weights.map((row) => [...row, ...zeros(inputs - row.length)]) },
  )
}

function zeros(count: number): readonly number[] {
  return Array.from({ length: count }, () => 0)
}

function withChecks(artifact: PolicyArtifact): PolicyArtifact {
  const random = randomFrom(`checks of the artifact ${artifact.name}`)
  const some = (count: number): readonly number[] => Array.from({ length: count }, () => 2 * random() - 1)
  const { baseline, action } = artifact.inputs
  const rows = Array.from({ length: CHECKS }, () => ({ baseline: some(baseline.length), action: some(action.length) }))
  return { ...artifact, checks: rows.map((row) => ({ ...row, effects: slowEffectsOf(artifact, row) })) }
}

/**
 * What the heads of a snapshot have learned of effects, as an artifact that another server may start from; with one
 * already loaded, the two together. Only objectives of the model `effect` are told; models of single sends and hazards are not.
 *
 * @throws PalomaError NOTHING_TO_EXPORT when no objective has such a model
 */
export function exportArtifact(snapshot: Snapshot, name: string): PolicyArtifact {
  const objectives = snapshot.objectives.filter(({ model = 'effect' }) => model === 'effect')
  if (objectives.length === 0) {
    const models = snapshot.objectives.map((objective) => `${objective.name} (${objective.model})`).join(', ')
    throw new PalomaError('NOTHING_TO_EXPORT', `no objective is estimated by the model \`effect\`: ${models}`)
  }
  const told = toldIn(snapshot)
  const layers = snapshot.artifact?.layers ?? []
  const outputs = layers.at(-1)?.bias.length ?? 0
  return withChecks({
    format: 'paloma-policy-artifact',
    formatVersion: 1,
    name,
    encoding: ENCODING,
    inputs: told.inputs,
    layers: widened(layers, told.inputs.baseline.length + told.inputs.action.length),
    objectives: Object.fromEntries(
      objectives.map((objective) => {
        const head = snapshot.state.heads[objective.name]!
        const earlier = earlierOf(snapshot, objective.name)
        return [objective.name, slowEffectOf(objective, { head, told, earlier, outputs })]
      }),
    ),
    checks: [],
  })
}
