import type { Objective } from '../domain/index.ts'
import { murmur3 } from '../random/index.ts'
import type { FeatureEncoder } from './feature-encoder.ts'

/** Names what a policy state was learned under: columns in order and objectives. Another hash must not be loaded. */
export function schemaHashOf(encoder: FeatureEncoder, objectives: readonly Objective[]): string {
  const parts = [
    ...encoder.baselineNames,
    '|',
    ...encoder.actionNames,
    '|',
    ...objectives.map((o) => `${o.name}:${o.aggregate}`),
  ]
  const text = parts.join('\n')
  return [1, 2].map((seed) => (murmur3(text, seed) >>> 0).toString(16).padStart(8, '0')).join('')
}
