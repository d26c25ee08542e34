import type { Action } from '../domain/index.ts'
import { certain } from './certain.ts'

/**
 * The unbiased comparison group: `hold` with its own probability, every send alike. `hold` is certain when there is
 * nothing to send; without `hold` among the actions, the first action is certain.
 */
export function randomSend(actions: readonly Action[], holdProbability: number): Float64Array {
  const hold = actions.findIndex(({ kind }) => kind === 'hold')
  if (hold < 0 || actions.length === 1) return certain(actions.length, 0)
  const share = (1 - holdProbability) / (actions.length - 1)
  return Float64Array.from(actions, (_, i) => (i === hold ? holdProbability : share))
}
