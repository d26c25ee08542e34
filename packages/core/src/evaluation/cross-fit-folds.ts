import { randomFrom } from '../random/index.ts'

/**
 * By user, the fold in [0, folds): users shuffled by `seed` and dealt out in turn, so that folds differ by one user at most. All
 * decisions of a user lie in one fold, and no model sees a user it speaks of. Fewer users than folds make as many folds as users.
 */
export function foldsOfUsers(
  users: number,
  { folds, seed }: { readonly folds: number; readonly seed: string },
): Uint8Array {
  if (!(Number.isInteger(folds) && folds >= 2 && folds <= MOST_FOLDS))
    throw new RangeError(`folds must be a whole number in [2, ${MOST_FOLDS}], got ${folds}`)
  const random = randomFrom(`cross-fit ${seed}`)
  const order = Int32Array.from({ length: users }, (_, g) => g)
  for (let g = users - 1; g > 0; g--) {
    const other = Math.floor(random() * (g + 1))
    const kept = order[g]!
    order[g] = order[other]!
    order[other] = kept
  }
  const foldOf = new Uint8Array(users)
  order.forEach((g, rank) => {
    foldOf[g] = rank % folds
  })
  return foldOf
}

const MOST_FOLDS = 50
