import { assertNever, type FeatureBag, type FeatureSpec, type Scalar } from '../domain/index.ts'

/** Declared numbers are clipped to this many scales around their centre, so that one absurd value cannot rule. */
const CLIP = 3

/** A declared feature that one bag of scalars tells. */
export type BagSpec = Exclude<FeatureSpec, { readonly kind: 'match' }>

/** How many columns a declared feature takes. */
export function widthOf(spec: FeatureSpec): number {
  return spec.kind === 'category' ? spec.values.length : 1
}

/** Column names of a declared feature, in order. */
export function namesOf(spec: FeatureSpec): readonly string[] {
  const name = `${spec.source}.${spec.name}`
  if (spec.kind === 'match') return [`user.${spec.trait} is ${name}`]
  return spec.kind === 'category' ? spec.values.map((value) => `${name}=${value}`) : [name]
}

function encodeNumber(spec: Extract<FeatureSpec, { kind: 'number' }>, value: Scalar | undefined): number {
  const raw = typeof value === 'number' && Number.isFinite(value) ? value : spec.missing
  if (raw === undefined) return 0
  const shaped = spec.log1p === true ? Math.log1p(Math.max(0, raw)) : raw
  return Math.max(-CLIP, Math.min(CLIP, (shaped - spec.centre) / spec.scale))
}

/** Writes one declared feature at `offset` of `out`, which is zero there, and answers how many columns it took. */
export function encodeDeclared(
  spec: BagSpec,
  bag: FeatureBag,
  target: { readonly out: Float64Array; readonly offset: number },
): number {
  const value = bag[spec.name]
  switch (spec.kind) {
    case 'number':
      target.out[target.offset] = encodeNumber(spec, value)
      return 1
    case 'boolean':
      target.out[target.offset] = value === true ? 1 : 0
      return 1
    case 'category': {
      const index = value === undefined ? -1 : spec.values.indexOf(String(value))
      if (index >= 0) target.out[target.offset + index] = 1
      return spec.values.length
    }
    default:
      return assertNever(spec)
  }
}
