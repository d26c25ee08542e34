import type { Usecases } from './contract.ts'
import type { Deps } from './deps.ts'
import { groupCommit } from './group-commit.ts'

/** Opportunities in; the same id always means the same proposal. */
export function opportunityUsecases({ store, clock }: Deps): Usecases['opportunities'] {
  type Item = Parameters<Usecases['opportunities']['propose']>[0][number]
  type Result = Awaited<ReturnType<Usecases['opportunities']['propose']>>[number]
  const write = groupCommit<Item, Result>(async (items) => {
    const results = await store.opportunities.insertMany(items, clock.now())
    return results.map((result, i): Result => {
      const { id } = items[i]!
      if (result !== 'conflict')
        return { ok: true, status: result === 'inserted' ? 'created' : 'duplicate', value: { id } }
      const detail = `opportunity ${id} exists with other content; a changed proposal needs its own id`
      return { ok: false, error: { code: 'OPPORTUNITY_CONFLICT', detail, pointer: '/id' } }
    })
  })
  return {
    propose: (items) => write.add(items),
    async get(id) {
      return (await store.opportunities.get([id])).get(id)
    },
    withdraw: (id) => store.opportunities.withdraw(id),
  }
}
