import { describe, expect, it } from 'vitest'
import type { Row, Sql } from './client.ts'
import { insertRows } from './insert-rows.ts'

const TARGET = { table: 'notes', columns: { id: 'text', body: 'json' }, returning: 'id' } as const

/** A connection that keeps what it is asked and answers nothing. */
function listeningSql(): { readonly sql: Sql; readonly asked: (readonly unknown[])[] } {
  const asked: (readonly unknown[])[] = []
  const query = async <R = Row>(_text: string, values: readonly unknown[] = []): Promise<readonly R[]> => {
    asked.push(values)
    return []
  }
  return { sql: { query, copyIn: () => Promise.resolve() }, asked }
}

describe('insertRows', () => {
  it('sends a json column as one text and null as a mark of its own', async () => {
    const { sql, asked } = listeningSql()
    await insertRows(sql, TARGET, [
      ['a', '{"x":1}'],
      ['b', null],
    ])
    expect(asked).toEqual([[['a', 'b'], '{"x":1}\u001f\u001e']])
  })

  it.each(['two\u001fcells', 'no\u001ething', ''])(
    'refuses %j in a json column rather than shift rows',
    async (body) => {
      const { sql, asked } = listeningSql()
      await expect(insertRows(sql, TARGET, [['a', body]])).rejects.toMatchObject({ code: 'COLUMN_NOT_JSON' })
      expect(asked).toEqual([])
    },
  )
})
