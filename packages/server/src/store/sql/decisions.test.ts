import { expect, it } from 'vitest'
import { exampleDecision, exampleNew } from '../testing/examples.ts'
import type { Row, SqlClient } from './client.ts'
import { decisionStore } from './decisions.ts'

/** A connection that refuses the first copy, as one does that meets a row that is there, and takes all else. */
function refusingOnce(): { readonly client: SqlClient; readonly copies: () => number } {
  let copies = 0
  const client: SqlClient = {
    query: async <R = Row>(text: string) => (text.includes('insert into decisions') ? [{ keys: null } as R] : []),
    async copyIn() {
      copies += 1
      if (copies === 1) throw Object.assign(new Error('duplicate key'), { code: '23505' })
    },
    transaction: (work) => work(client),
  }
  return { client, copies: () => copies }
}

it('after a copy that met a repeat the next twenty groups are looked at row by row', async () => {
  const { client, copies } = refusingOnce()
  const store = decisionStore(client)
  const write = async (id: string): Promise<void> => {
    const [written] = await store.insertMany([exampleNew(exampleDecision(id, 'u', { chosen: 0 }))])
    expect(written?.result).toBe('inserted')
  }
  for (let i = 0; i <= 20; i += 1) await write(`d-${i}`)
  expect(copies()).toBe(1)
  await write('d-quick-again')
  expect(copies()).toBe(2)
})
