import type { FeatureBag } from '../domain/index.ts'
import type { PlacedSpec } from './action-layout.ts'
import type { FeatureContext } from './context.ts'
import { encodeDeclared } from './encode-declared.ts'

/** A row of numbers to write: it begins at `offset` of `out`. */
export interface Target {
  readonly out: Float64Array
  readonly offset: number
}

/** What user and context declare. */
export function putCommon(common: readonly PlacedSpec[], x: FeatureContext, { out, offset }: Target): void {
  for (const { spec, column } of common) {
    encodeDeclared(spec, spec.source === 'user' ? x.traits : x.context, { out, offset: offset + column })
  }
}

/** What one bag declares. */
export function putDeclared(own: readonly PlacedSpec[], bag: FeatureBag, { out, offset }: Target): void {
  for (let i = 0; i < own.length; i += 1) {
    const { spec, column } = own[i]!
    encodeDeclared(spec, bag, { out, offset: offset + column })
  }
}
