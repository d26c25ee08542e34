import { describe, expect, it } from 'vitest'
import { createWorld, figuresOf, policyNamed, scenarioNamed, type WorldFigures } from './index.ts'

function figuresUnder(name: string, policy: string): WorldFigures {
  const startAt = Date.UTC(2026, 0, 5)
  const world = createWorld({ scenario: scenarioNamed(name), users: 2000, days: 60, seed: 13, startAt })
  return figuresOf(world, policyNamed(world, policy))
}

/** Bands around the figures of docs/methods/simulated-world.md; where sources differ by market, both ends are in. */
const BANDS: readonly (readonly [keyof WorldFigures, number, number])[] = [
  ['pushOptIn', 0.6, 0.75],
  ['pushTapped', 0.03, 0.065],
  ['pushDisabled', 0.0025, 0.006],
  ['pushMinutes', 38, 60],
  ['emailOpened', 0.17, 0.24],
  ['emailClicked', 0.02, 0.035],
  ['emailUnsubscribed', 0.0018, 0.0038],
  ['emailBounced', 0.003, 0.012],
]

describe.each(['retail', 'streaming', 'news'])('%s', (name) => {
  it('under a cadence keeps the published rates', () => {
    const figures = figuresUnder(name, 'cadence')
    for (const [figure, low, high] of BANDS) {
      expect(figures[figure], figure).toBeGreaterThan(low)
      expect(figures[figure], figure).toBeLessThan(high)
    }
  })

  it('under random sends has in-app messages reacted to by a quarter to a third', () => {
    const { inAppReacted } = figuresUnder(name, 'random')
    expect(inAppReacted).toBeGreaterThan(0.25)
    expect(inAppReacted).toBeLessThan(0.33)
  })

  it('under daily push loses response from the first pushes to later ones, and drives people to opt out', () => {
    const { pushTappedFirst, pushTappedLater, pushDisabled } = figuresUnder(name, 'daily')
    expect(pushTappedLater! / pushTappedFirst!).toBeLessThan(0.85)
    expect(pushTappedLater! / pushTappedFirst!).toBeGreaterThan(0.25)
    expect(pushDisabled).toBeGreaterThan(2 * 0.003)
  })
})

it('has no figure of what was never sent', () => {
  expect(figuresUnder('retail', 'never')).toMatchObject({ pushTapped: null, emailOpened: null, pushMinutes: null })
  expect(figuresUnder('retail', 'email-1').pushTappedFirst).toBeNull()
})
