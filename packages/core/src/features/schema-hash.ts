import { effectUnitOf, type Objective, type PolicyArtifact } from '../domain/index.ts'
import { murmur3 } from '../random/index.ts'
import type { EncoderParts } from './action-layout.ts'
import { ENCODING, meaningOf } from './column-meanings.ts'
import type { FeatureEncoder } from './feature-encoder.ts'

const artifactHashes = new WeakMap<PolicyArtifact, string>()

/** Names an artifact by its contents. */
function artifactHashOf(artifact: PolicyArtifact): string {
  const known = artifactHashes.get(artifact)
  if (known !== undefined) return known
  const made = hashOf(JSON.stringify(artifact))
  artifactHashes.set(artifact, made)
  return made
}

function hashOf(text: string): string {
  return [1, 2].map((seed) => murmur3(text, seed).toString(16).padStart(8, '0')).join('')
}

/** All that decides which rewards are learned from, and what claims are measured in. A weight may change freely. */
function rewardMeaningOf(objective: Objective): readonly unknown[] {
  const { name, aggregate, events, valueProperty, windowHours, model, worth = 1 } = objective
  const estimated = model === undefined || model === 'effect' ? [] : model === 'response' ? [model, worth] : [model]
  return [name, aggregate, events, valueProperty ?? null, windowHours, effectUnitOf(objective), ...estimated]
}

/**
 * Names what a policy state was learned under: columns in order, how declared features are read, what the rewards
 * mean, and the artifact that heads are centred on. A state with another hash must not be loaded.
 */
export function schemaHashOf(encoder: FeatureEncoder, { features, objectives, artifact }: EncoderParts): string {
  return hashOf(
    JSON.stringify([
      ENCODING,
      encoder.baselineNames,
      encoder.actionNames,
      features.features.map(meaningOf),
      objectives.map(rewardMeaningOf),
      ...(artifact === undefined ? [] : [artifactHashOf(artifact)]),
    ]),
  )
}
