import { expect, it } from 'vitest'
import { createNotes } from './notes.ts'

const MINUTE_MS = 60_000

it('says a failure once and then ever more rarely, with how many it kept to itself, and when it is over', () => {
  let now = 0
  const lines: string[] = []
  const notes = createNotes(
    (line) => lines.push(line),
    () => now,
  )
  for (; now < 4 * MINUTE_MS; now += 1_000) notes.failed('smtp', 'refused')
  expect(lines).toEqual([
    'smtp: refused\n',
    'smtp: refused (and 59 times before)\n',
    'smtp: refused (and 119 times before)\n',
  ])
  notes.failed('push', 'gone')
  notes.fine('smtp')
  notes.fine('smtp')
  notes.failed('smtp', 'refused')
  expect(lines.slice(3)).toEqual(['push: gone\n', 'smtp: works again\n', 'smtp: refused\n'])
})

it('stays silent for an hour at most', () => {
  let now = 0
  const lines: number[] = []
  const notes = createNotes(
    () => lines.push(now),
    () => now,
  )
  for (; now < 600 * MINUTE_MS; now += MINUTE_MS) notes.failed('smtp', 'refused')
  const gaps = lines.slice(1).map((at, i) => at - lines[i]!)
  expect(Math.max(...gaps)).toBe(60 * MINUTE_MS)
  expect(gaps).toEqual(gaps.toSorted((a, b) => a - b))
})
