import { effectUnitOf, type FeatureSpec, type Objective } from '../domain/index.ts'
import { murmur3 } from '../random/index.ts'
import type { EncoderParts } from './action-layout.ts'
import type { FeatureEncoder } from './feature-encoder.ts'

/** Raised when the encoder itself comes to write other numbers under the same names. */
const ENCODING = 2

/** All that decides which numbers a declared feature gives; members in one order, however they were written. */
function meaningOf(spec: FeatureSpec): readonly unknown[] {
  const named = [spec.kind, spec.source, spec.name]
  if (spec.kind === 'boolean') return named
  if (spec.kind === 'category') return [...named, spec.values]
  return [...named, spec.centre, spec.scale, spec.log1p ?? false, spec.missing ?? null]
}

/** All that decides which rewards are learned from, and what claims are measured in. A weight may change freely. */
function rewardMeaningOf(objective: Objective): readonly unknown[] {
  const { name, aggregate, events, valueProperty, windowHours, model, worth = 1 } = objective
  const estimated = model === undefined || model === 'effect' ? [] : model === 'response' ? [model, worth] : [model]
  return [name, aggregate, events, valueProperty ?? null, windowHours, effectUnitOf(objective), ...estimated]
}

/**
 * Names what a policy state was learned under: columns in order, how declared features are read, and what the rewards
 * mean. A state with another hash must not be loaded.
 */
export function schemaHashOf(encoder: FeatureEncoder, { features, objectives }: EncoderParts): string {
  const text = JSON.stringify([
    ENCODING,
    encoder.baselineNames,
    encoder.actionNames,
    features.features.map(meaningOf),
    objectives.map(rewardMeaningOf),
  ])
  return [1, 2].map((seed) => murmur3(text, seed).toString(16).padStart(8, '0')).join('')
}
