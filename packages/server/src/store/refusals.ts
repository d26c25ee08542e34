import { PalomaError } from '@paloma/core/domain'

/** Code of the refusal to write under an id that is another name of somebody: nothing was written; write under his id. */
export const USER_MOVED = 'USER_MOVED'

/** Code of the refusal to erase somebody to whom a message is on its way. */
export const SENDS_IN_FLIGHT = 'SENDS_IN_FLIGHT'

/**
 * Some rows of a list were refused for what they hold (a NUL, a time that is no integer, an opportunity that is gone);
 * every other row of the list is in.
 */
export class RowsRefused<R = unknown> extends PalomaError {
  readonly refused: readonly { readonly index: number; readonly reason: string }[]
  /** What became of the other rows, in their order. */
  readonly others: readonly R[]

  constructor(refused: RowsRefused['refused'], others: readonly R[]) {
    const first = refused[0]
    const all = refused.length + others.length
    super('ROWS_REFUSED', `${refused.length} of ${all} rows refused, the first (${first?.index}): ${first?.reason}`, {
      hint: 'the other rows are stored; send the refused ones again after mending them',
    })
    this.refused = refused
    this.others = others
  }
}
