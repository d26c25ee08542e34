import { type ArtifactInput, type Objective, PalomaError, type PolicyArtifact } from '../domain/index.ts'
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
export function checkArtifactFits(artifact: PolicyArtifact, encoder: FeatureEncoder, parts: EncoderParts): void {
  if (artifact.encoding !== ENCODING) {
    throw mismatch(
      artifact,
      '/encoding',
      `its columns were made by version ${artifact.encoding} of the encoder, the server has ${ENCODING}`,
    )
  }
  checkInputs(artifact, 'baseline', inputsNamed(parts, encoder.baselineNames))
  checkInputs(artifact, 'action', inputsNamed(parts, encoder.actionNames.slice(0, encoder.ownWidth)))
  for (const name of Object.keys(artifact.objectives)) {
    checkObjective(artifact, name, parts.objectives)
  }
}

function checkInputs(artifact: PolicyArtifact, side: 'baseline' | 'action', columns: readonly ArtifactInput[]): void {
  const meanings = new Map(columns.map(({ name, meaning }) => [name, meaning]))
  for (const [i, { name, meaning }] of artifact.inputs[side].entries()) {
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
  if (model !== 'effect') {
    throw mismatch(artifact, pointer, `it gives effects, and "${name}" is estimated by the model \`${model}\` here`)
  }
  const { aggregate, valueProperty, windowHours, events } = artifact.objectives[name]!
  const there = JSON.stringify({ aggregate, valueProperty, windowHours, events })
  const here = JSON.stringify({
    aggregate: objective.aggregate,
    valueProperty: objective.valueProperty ?? null,
    windowHours: objective.windowHours,
    events: objective.events,
  })
  if (there !== here) throw mismatch(artifact, pointer, `"${name}" means ${there} there and ${here} on the server`)
}
