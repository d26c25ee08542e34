import { type ArtifactInput, effectUnitOf, type FeatureSpec } from '../domain/index.ts'
import { type EncoderParts, segmentNamesOf, variantNamesOf } from './action-layout.ts'
import { namesOf } from './encode-declared.ts'

/** Raised when the encoder itself comes to write other numbers under the same names. */
export const ENCODING = 2

/** All that decides which numbers a declared feature gives; members in one order, however they were written. */
export function meaningOf(spec: FeatureSpec): readonly unknown[] {
  const named = [spec.kind, spec.source, spec.name]
  if (spec.kind === 'boolean') return named
  if (spec.kind === 'category') return [...named, spec.values]
  if (spec.kind === 'match') return [...named, spec.trait]
  return [...named, spec.centre, spec.scale, spec.log1p ?? false, spec.missing ?? null]
}

/** How the numbers of columns depend on the configuration, by the name of the column; empty for those that do not. */
function meaningsOf({ features, objectives }: EncoderParts): ReadonlyMap<string, string> {
  const buckets = Array.from({ length: features.messageBuckets }, (_, i) => `message bucket ${i}`)
  const units = objectives.map((objective): [string, string] => [
    objective.name,
    `in ${effectUnitOf(objective)} ${objective.unit}`,
  ])
  const usual = objectives.map(({ name, worth = 1 }, i) => `${name} ${units[i]![1]}, worth ${worth}`).join('; ')
  return new Map([
    ...buckets.map((name): [string, string] => [name, `one of ${buckets.length}`]),
    ...buckets.map((name): [string, string] => [`log claim of ${name}`, `one of ${buckets.length}, ${usual}`]),
    ...variantNamesOf(features).map((name, _, all): [string, string] => [name, `one of ${all.length}`]),
    ...units.flatMap(([name, unit]): [string, string][] => [
      [`claim ${name}`, unit],
      [`prediction ${name}`, unit],
    ]),
    ...segmentNamesOf(features).map(([name, spec]): [string, string] => [name, JSON.stringify(meaningOf(spec))]),
    ...features.features.flatMap((spec) =>
      namesOf(spec).map((name): [string, string] => [name, JSON.stringify(meaningOf(spec))]),
    ),
  ])
}

/** Columns with their meaning, as an artifact names its inputs. */
export function inputsNamed(parts: EncoderParts, names: readonly string[]): readonly ArtifactInput[] {
  const meanings = meaningsOf(parts)
  return names.map((name) => ({ name, meaning: meanings.get(name) ?? '' }))
}
