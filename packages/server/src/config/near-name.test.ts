import { expect, it } from 'vitest'
import { nearName } from './near-name.ts'

it.each([
  ['objectivs', ['objectives', 'objects'], 'objectives'],
  ['nmae', ['name', 'names'], 'name'],
  ['Name', ['names', 'name'], 'name'],
  ['hours', ['horizonHours', 'localHours'], 'horizonHours'],
  ['hours', ['localHours', 'hour'], 'localHours'],
  ['batch', ['batchItems'], 'batchItems'],
  ['us', ['status', 'usual'], undefined],
  ['colour', ['weight'], undefined],
])('takes %s among %j for %s', (given, names, near) => {
  expect(nearName(given, names)).toBe(near)
})

it('does not take a name for itself: it stands where it does not belong', () => {
  expect(nearName('hours', ['hours'])).toBeUndefined()
})
