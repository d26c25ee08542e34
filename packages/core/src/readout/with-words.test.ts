import { describe, expect, it } from 'vitest'
import { CODE_WORDS, DECISION_REASONS, REFUSAL_REASONS, wordsForCode } from '../domain/index.ts'
import { UNDEFINED_REASONS } from '../statistics/index.ts'
import { withWords } from './with-words.ts'

describe('words for codes', () => {
  it.each([...UNDEFINED_REASONS, ...REFUSAL_REASONS, ...DECISION_REASONS])(
    'are there for %s, and are words',
    (code) => {
      expect(Object.hasOwn(CODE_WORDS, code)).toBe(true)
      expect(wordsForCode(code)).not.toMatch(/[a-z]-[a-z]+-|[a-z][A-Z]/)
    },
  )

  it('are a code without dashes where nobody knows it', () => {
    expect(wordsForCode('some-later-code')).toBe('some later code')
    expect(wordsForCode('constructor')).toBe('constructor')
  })
})

describe('withWords', () => {
  it('puts words beside every code, whatever the depth, and leaves everything else', () => {
    const found = withWords({
      metrics: [{ absolute: { kind: 'undefined', reason: 'no-test', mean: 1 }, mean: new Float64Array([1]) }],
      reason: null,
      end: { reason: 'because' },
    })
    expect(found).toEqual({
      metrics: [
        {
          absolute: { kind: 'undefined', reason: 'no-test', mean: 1, words: 'not tested at this look' },
          mean: new Float64Array([1]),
        },
      ],
      reason: null,
      end: { reason: 'because' },
    })
  })
})
