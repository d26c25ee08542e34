import type { Effect, KnownEffect } from '../effect.ts'

/** The effect, or a failed test. */
export function known(effect: Effect): KnownEffect {
  if (effect.kind !== 'effect') throw new Error(`no effect: ${effect.reason}`)
  return effect
}
