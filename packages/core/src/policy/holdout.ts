import type { Action } from '../domain/index.ts'
import { certain } from './certain.ts'

/** `hold` with certainty: the users whose outcomes show what all messages together do. Without `hold`, the first action. */
export function holdout(actions: readonly Action[]): Float64Array {
  const hold = actions.findIndex(({ kind }) => kind === 'hold')
  return certain(actions.length, Math.max(hold, 0))
}
