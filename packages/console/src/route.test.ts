import { describe, expect, it } from 'vitest'
import { hrefTo, routeFrom } from './route.ts'

describe('routes', () => {
  it.each(['u 1', 'a/b', 'ü#?%', '50%'])('brings the id %s there and back', (id) => {
    expect(routeFrom(hrefTo('users', id))).toEqual({ page: 'users', id })
  })

  it('takes an id that nobody encoded as it stands', () => {
    expect(routeFrom('#/users/50%')).toEqual({ page: 'users', id: '50%' })
  })

  it.each(['', '#', '#/', '#/nowhere', '#/overview'])('reads %o as the overview', (hash) => {
    expect(routeFrom(hash).page).toBe('overview')
  })
})
