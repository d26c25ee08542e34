import { expect, it } from 'vitest'
import { actionWords } from './recent-words.ts'

const send = { kind: 'send', channel: 'push', opportunityId: 'sale.7' } as const

it.each([
  ['nothing sent', { action: { kind: 'hold' }, sendStatus: null }],
  ['push: sale.7 (planned)', { action: send, sendStatus: 'planned' }],
  ['push: sale.7', { action: send, sendStatus: null }],
] as const)('says %s', (words, decision) => {
  expect(actionWords(decision)).toBe(words)
})
