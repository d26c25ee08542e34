import { expect, it } from 'vitest'
import { NOON } from '../testing/examples.ts'
import type { SqlClient } from './client.ts'
import { sendStore } from './sends.ts'

it('opens no transaction while nothing is due', async () => {
  const asked: string[] = []
  const client: SqlClient = {
    async query(text) {
      asked.push(text)
      return []
    },
    copyIn: () => Promise.reject(new Error('nothing is copied')),
    transaction: () => Promise.reject(new Error('no transaction')),
  }
  const claim = (channels: readonly ('email' | 'push')[]) =>
    sendStore(client, false).claim({ now: NOON, limit: 9, channels }, () => ({ kind: 'go' }))
  expect(await claim(['email'])).toEqual([])
  expect(await claim(['email', 'push'])).toEqual([])
  expect(asked).toHaveLength(2)
})
