import type { Effect } from './effect.ts'

/** The effect, or why it is none: a number that is not finite, a standard error that is not above 0. */
export function checkedEffect(effect: Effect): Effect {
  if (effect.kind === 'undefined') return effect
  const { effect: mean, stdError } = effect
  if (!Number.isFinite(mean)) return { kind: 'undefined', reason: 'not-finite', effect: null }
  if (!Number.isFinite(stdError)) return { kind: 'undefined', reason: 'not-finite', effect: mean }
  return stdError > 0 ? effect : { kind: 'undefined', reason: 'zero-variance', effect: mean }
}
