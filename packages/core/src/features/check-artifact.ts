import {
  type ArtifactInput,
  CHANNELS,
  type Channel,
  lossNamed,
  type Objective,
  PalomaError,
  type PolicyArtifact,
  PRESSURE_NAMES,
  type ReachLoss,
  slowLossesOf,
} from '../domain/index.ts'
import type { EncoderParts } from './action-layout.ts'
import { ENCODING, inputsNamed } from './column-meanings.ts'
import type { FeatureEncoder } from './feature-encoder.ts'

const HINT = 'train the artifact again under this configuration, or restore the one it was trained under'

function mismatch(artifact: PolicyArtifact, pointer: string, message: string): PalomaError {
  return new PalomaError('ARTIFACT_MISMATCH', `the artifact ${artifact.name} does not fit: ${message}`, {
    hint: HINT,
    pointer: `/artifact${pointer}`,
  })
}

/**
 * That the artifact was trained on columns which this encoder writes too, and on rewards which mean the same here.
 *
 * @throws PalomaError ARTIFACT_MISMATCH that names the first column or member which differs, with both sides
 */
export function checkArtifactFits(
  artifact: PolicyArtifact,
  encoder: FeatureEncoder,
  parts: EncoderParts & { readonly losses: readonly KnownLoss[]; readonly responseHours: number },
): void {
  if (artifact.encoding !== ENCODING) {
    throw mismatch(
      artifact,
      '/encoding',
      `its columns were made by version ${artifact.encoding} of the encoder, the server has ${ENCODING}`,
    )
  }
  checkInputs(artifact, 'baseline', inputsNamed(parts, encoder.baselineNames))
  checkInputs(artifact, 'action', inputsNamed(parts, encoder.actionNames.slice(0, encoder.ownWidth)))
  checkInputs(artifact, 'pressure', inputsNamed(parts, PRESSURE_NAMES))
  checkAnswers(artifact, parts)
  for (const name of Object.keys(artifact.objectives)) {
    checkObjective(artifact, name, parts.objectives)
    checkChannels(artifact, name, parts.channels)
  }
  checkLosses(artifact, parts.losses)
}

/** A way of losing a channel that the server counts. */
interface KnownLoss {
  readonly channel: Channel
  readonly cause: ReachLoss
}

function checkAnswers(
  artifact: PolicyArtifact,
  { objectives, responseHours }: { readonly objectives: readonly Objective[]; readonly responseHours: number },
): void {
  if (artifact.answers === undefined) return
  if (!objectives.some(({ model }) => model === 'response')) {
    const models = objectives.map(({ name, model = 'effect' }) => `${name} (${model})`).join(', ')
    throw mismatch(
      artifact,
      '/answers',
      `it speaks of answers, and no objective is estimated by the model \`response\` here: ${models}`,
    )
  }
  const { windowHours } = artifact.answers
  if (windowHours === responseHours) return
  throw mismatch(
    artifact,
    '/answers/windowHours',
    `its answers come within ${windowHours} h of a send, those of the server within ${responseHours} h`,
  )
}

function checkChannels(artifact: PolicyArtifact, name: string, channels: EncoderParts['channels']): void {
  const told = artifact.objectives[name]!
  const named = told.model === 'response' ? Object.keys(told.factors ?? {}) : []
  const used = CHANNELS.filter((channel) => channels[channel] !== undefined)
  for (const channel of named) {
    if (used.some((each) => each === channel)) continue
    throw mismatch(
      artifact,
      `/objectives/${name}/factors/${channel}`,
      `it gives a factor of "${name}" on ${channel}, the server has ${used.join(', ')}`,
    )
  }
}

function checkLosses(artifact: PolicyArtifact, known: readonly KnownLoss[]): void {
  for (const { objective, channel, cause } of slowLossesOf(artifact)) {
    if (known.some((each) => each.channel === channel && each.cause === cause)) continue
    const here = known.map((each) => lossNamed(each.channel, each.cause)).join(', ')
    throw mismatch(
      artifact,
      `/objectives/${objective}/losses/${channel}/${cause}`,
      `it speaks of the ${lossNamed(channel, cause)}, the server counts ${here}`,
    )
  }
}

function checkInputs(
  artifact: PolicyArtifact,
  side: 'baseline' | 'action' | 'pressure',
  columns: readonly ArtifactInput[],
): void {
  const meanings = new Map(columns.map(({ name, meaning }) => [name, meaning]))
  for (const [i, { name, meaning }] of (artifact.inputs[side] ?? []).entries()) {
    const here = meanings.get(name)
    if (here === meaning) continue
    const pointer = `/inputs/${side}/${i}`
    if (here === undefined)
      throw mismatch(artifact, pointer, `it needs the column "${name}", which the server does not have`)
    throw mismatch(
      artifact,
      pointer,
      `the column "${name}" means ${meaning || 'nothing more'} there and ${here || 'nothing more'} on the server`,
    )
  }
}

function checkObjective(artifact: PolicyArtifact, name: string, objectives: readonly Objective[]): void {
  const pointer = `/objectives/${name}`
  const objective = objectives.find((each) => each.name === name)
  if (objective === undefined) {
    const known = objectives.map((each) => each.name).join(', ')
    throw mismatch(artifact, pointer, `it speaks of the objective "${name}", the server has ${known}`)
  }
  const { model = 'effect' } = objective
  const told = artifact.objectives[name]!
  const { model: trained = 'effect', aggregate, valueProperty, windowHours, events } = told
  if (model !== trained) {
    throw mismatch(
      artifact,
      pointer,
      `"${name}" is estimated by the model \`${trained}\` there and by \`${model}\` here`,
    )
  }
  const there = JSON.stringify({ aggregate, valueProperty, windowHours, events })
  const here = JSON.stringify({
    aggregate: objective.aggregate,
    valueProperty: objective.valueProperty ?? null,
    windowHours: objective.windowHours,
    events: objective.events,
  })
  if (there !== here) throw mismatch(artifact, pointer, `"${name}" means ${there} there and ${here} on the server`)
}
