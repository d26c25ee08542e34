import { opportunityId } from '@paloma/core/domain'
import { describe, expect, it } from 'vitest'
import { exampleDecision } from '../../store/testing/examples.ts'
import { decisionColumns } from './columns.ts'

describe('the columns of a decision', () => {
  const message = decisionColumns([]).find(({ name }) => name === 'message')
  const seen = exampleDecision('d', 'u')
  const inputs = {
    ...seen.inputs,
    opportunityIds: ['a', 'o-d', 'z'].map(opportunityId),
    messages: ['one', 'two', 'three'],
  }

  it('name the message of the choice', () => {
    expect(message?.value({ ...seen, inputs })).toBe('two')
  })

  it('name none where nothing was sent', () => {
    expect(message?.value({ ...seen, inputs, chosen: 0 })).toBeNull()
  })
})
