import { userId } from '@paloma/core/domain'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPglite, type PgliteClient } from '../pglite/pglite-client.ts'
import { exampleProfile } from '../testing/examples.ts'
import { userStore } from './users.ts'

describe('rows of users', () => {
  let client: PgliteClient
  beforeAll(async () => {
    client = await createPglite(null, { onNotice: () => {} })
  })
  afterAll(() => client.close())

  /** Versions of rows that were written to the table, whether or not they still count. */
  const versions = async (): Promise<number> => {
    const [row] = await client.query<{ readonly at: string }>('select max(ctid)::text as at from users')
    const [page = 0, line = 0] = (row?.at ?? '(0,0)').match(/\d+/g)!.map(Number)
    expect(page).toBe(0)
    return line
  }

  it('are written once for somebody new, whatever is said of him at once, and once more for each change', async () => {
    const store = userStore(client)
    const say = (id: string, plan: string) => ({
      userId: userId(id),
      update: (there = exampleProfile(id, { traits: {} })) => ({ ...there, traits: { ...there.traits, [plan]: true } }),
    })
    const saved = await store.change([say('b', 'one'), say('a', 'one'), say('b', 'two')])
    expect(saved.map(({ userId: id, traits }) => [id, Object.keys(traits)])).toEqual([
      ['b', ['one']],
      ['a', ['one']],
      ['b', ['one', 'two']],
    ])
    expect(await versions()).toBe(2)
    await store.change([say('a', 'two'), say('c', 'one')])
    expect(await versions()).toBe(4)
    const page = await store.page(null, 9)
    expect(page.map(({ userId: id, traits }) => [id, Object.keys(traits)])).toEqual([
      ['a', ['one', 'two']],
      ['b', ['one', 'two']],
      ['c', ['one']],
    ])
  })
})
