import { expect, it } from 'vitest'
import { exampleDecision, exampleNew } from '../testing/examples.ts'
import type { Row, Sql, SqlClient } from './client.ts'
import { decisionStore } from './decisions.ts'

/** A client that keeps the memory of every copy, and ends each as it is told. */
function copies(endOf: (copy: number) => Promise<void>): {
  readonly client: SqlClient
  readonly memory: readonly ArrayBufferLike[]
} {
  const memory: ArrayBufferLike[] = []
  const sql: Sql = {
    query: async <R = Row>() => [] as readonly R[],
    copyIn: ({ buffer }) => endOf(memory.push(buffer)),
  }
  return { client: { ...sql, transaction: (work) => work(sql) }, memory }
}

const written = (id: string) => [exampleNew(exampleDecision(id, 'u'), { deliver: false })]

it('copies one after the other are made in the same memory', async () => {
  const { client, memory } = copies(() => Promise.resolve())
  const store = decisionStore(client)
  for (const id of ['d-1', 'd-2', 'd-3']) await store.insertMany(written(id))
  expect(new Set(memory).size).toBe(1)
  expect(memory).toHaveLength(3)
})

it('a copy that is on its way keeps its memory to itself, and one that failed for good', async () => {
  const ends: (() => void)[] = []
  const { client, memory } = copies((copy) =>
    copy === 3 ? Promise.reject(new Error('the connection broke')) : new Promise((resolve) => ends.push(resolve)),
  )
  const store = decisionStore(client)
  const two = [store.insertMany(written('d-1')), store.insertMany(written('d-2'))]
  for (const end of ends) end()
  await Promise.all(two)
  await expect(store.insertMany(written('d-3'))).rejects.toThrow('the connection broke')
  const last = store.insertMany(written('d-4'))
  ends.at(-1)?.()
  await last
  const [first, second, failed, after] = memory
  expect(first).not.toBe(second)
  expect(after).not.toBe(failed)
})
