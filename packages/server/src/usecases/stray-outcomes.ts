import type { DecisionId, Outcome } from '@paloma/core'
import type { Store } from '../store/contract.ts'
import type { ItemWarning } from './contract.ts'
import { ownersOf } from './owners.ts'

const POINTER = '/properties/decisionId'

/**
 * By outcome that names a decision which is not there, or which was made for somebody else: that it counts as what the user did, and for no
 * send. Users are owners, as stored. Nothing is read where no outcome names a decision.
 */
export async function strayWarnings(
  store: Pick<Store, 'decisions' | 'users'>,
  outcomes: readonly Outcome[],
): Promise<ReadonlyMap<Outcome, ItemWarning>> {
  const naming = outcomes.filter(({ decisionId, joinedBy }) => decisionId !== null && joinedBy === 'decisionId')
  if (naming.length === 0) return new Map()
  const users = await store.decisions.usersOf([...new Set(naming.map(({ decisionId }) => decisionId!))])
  const others = naming.flatMap(({ decisionId, userId }) => {
    const owner = users.get(decisionId!)
    return owner === undefined || owner === userId ? [] : [owner]
  })
  const ownerOf = others.length === 0 ? undefined : await ownersOf(store, others)
  return new Map(
    naming.flatMap((outcome): [Outcome, ItemWarning][] => {
      const owner = users.get(outcome.decisionId!)
      if (owner === undefined) return [[outcome, unknown(outcome.decisionId!)]]
      return (ownerOf?.(owner) ?? owner) === outcome.userId ? [] : [[outcome, foreign(outcome)]]
    }),
  )
}

function unknown(decisionId: DecisionId): ItemWarning {
  const detail = `no decision ${decisionId} is stored; kept as what the user did, counts for no send unless that decision is still to come`
  return { code: 'DECISION_UNKNOWN', detail: `${POINTER}: ${detail}`, pointer: POINTER }
}

function foreign({ decisionId, userId }: Outcome): ItemWarning {
  const detail = `decision ${decisionId} was not made for user ${userId}; kept as what he did, counts for no send`
  return { code: 'DECISION_OF_ANOTHER_USER', detail: `${POINTER}: ${detail}`, pointer: POINTER }
}
