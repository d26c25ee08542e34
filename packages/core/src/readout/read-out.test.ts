import { describe, expect, it } from 'vitest'
import type { ExperimentMetric } from '../domain/index.ts'
import { normalQuantile } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { isoDay, isoMoment } from './iso-day.ts'
import { readOut } from './read-out.ts'
import { specOf, summaryOf, type TestUser } from './testing/summary-of.ts'

const sales: ExperimentMetric = {
  name: 'sales',
  metricType: 'mean',
  numerator: { column: 'sales' },
  role: 'success',
  targetMDE: 0.05,
}
const optOuts: ExperimentMetric = {
  name: 'opt-outs',
  metricType: 'mean',
  numerator: { column: 'opt_outs' },
  role: 'guardrail',
  nonInferiorityMargin: 0.1,
  inverse: true,
}

function usersOf(
  count: number,
  change: { readonly seed: string; readonly lift?: number; readonly harm?: number; readonly days?: number },
): readonly TestUser[] {
  const { seed, lift = 0, harm = 0, days = 1 } = change
  const random = randomFrom(seed)
  const noise = (): number => normalQuantile(random())
  return Array.from({ length: count }, (_, i) => {
    const isNew = i % 2 === 1
    const shared = noise()
    return {
      variant: isNew ? 'new' : 'control',
      day: Math.floor((i * days) / count),
      before: [10 + shared, 5 + noise()],
      values: [10 + shared + noise() + (isNew ? lift : 0), 5 + 0.5 * noise() + (isNew ? harm : 0)],
    }
  })
}

const verdictOf = (users: readonly TestUser[], change = {}) => {
  const spec = specOf([sales, optOuts], change)
  return readOut(summaryOf(users, spec), spec)
}

describe('readOut', () => {
  it('ships what is better and harms nothing, stops for harm, and keeps both apart', () => {
    expect(verdictOf(usersOf(2000, { seed: 'a', lift: 0.4 })).decision.verdict).toBe('ship')
    expect(verdictOf(usersOf(2000, { seed: 'b', lift: 0.4, harm: 0.5 })).decision.verdict).toBe('stop')
  })

  it('shows the intervals that the rule tests: superior just where the shown interval lies above 0', () => {
    for (const lift of [0, 0.05, 0.1, 0.15, 0.2, 0.4]) {
      const [shown] = verdictOf(usersOf(1000, { seed: 'intervals', lift })).comparisons[0]!.metrics
      if (shown?.relative.kind !== 'estimate') throw new Error('expected an estimate')
      expect(shown.isSuperior).toBe(shown.relative.low > 0)
      expect(shown.verdict === 'better').toBe(shown.relative.low > 0)
    }
  })

  it('holds a guardrail against its margin on the scale that is shown, also where less is better', () => {
    for (const harm of [-0.1, 0, 0.2, 0.4, 0.45, 0.6]) {
      const shown = verdictOf(usersOf(2000, { seed: 'margin', harm })).comparisons[0]!.metrics[1]!
      if (shown.relative.kind !== 'estimate') throw new Error('expected an estimate')
      expect(shown.isNonInferior).toBe(shown.relative.high < 0.1)
    }
  })

  it('corrects for skewness as declared, and says so', () => {
    const random = randomFrom('skewed')
    const users = Array.from({ length: 4000 }, (_, i): TestUser => {
      const amount = random() < 0.1 ? -30 * Math.log(1 - random()) : 0
      return { variant: i % 4 === 0 ? 'control' : 'new', values: [amount, 5 + normalQuantile(random())] }
    })
    const shownWith = (skewness: 'corrected' | 'ignored', of = users) =>
      verdictOf(of, { skewness }).comparisons[0]!.metrics[0]!
    const [corrected, plain] = [shownWith('corrected'), shownWith('ignored')]
    expect(plain.skewness).toBeNull()
    expect(corrected.skewness?.usersNeeded).toBeNull()
    // The small control group makes far-out effects above 0 too frequent: the lower end moves down.
    expect(corrected.skewness?.ofEffect).toBeLessThan(-0.05)
    if (corrected.relative.kind !== 'estimate' || plain.relative.kind !== 'estimate') throw new Error('expected both')
    expect(corrected.relative.mean).toBe(plain.relative.mean)
    expect(corrected.relative.low).toBeLessThan(plain.relative.low)
    expect(corrected.notes.join()).toMatch(/corrected for skewness -0\.\d\d of the effect/)
    const few = shownWith('corrected', users.slice(0, 320))
    expect(few.skewness?.usersNeeded).toBeGreaterThan(320)
    expect(few.notes.join()).toContain(`it takes ${few.skewness?.usersNeeded} users`)
  })

  it('does not take a change of shares between phases for an effect', () => {
    // Shares move towards the new variant while everybody buys more: no effect within a phase.
    const random = randomFrom('phases')
    const users = Array.from({ length: 6000 }, (_, i): TestUser => {
      const isLate = i >= 3000
      const isNew = random() < (isLate ? 0.9 : 0.1)
      const value = (isLate ? 20 : 10) + normalQuantile(random())
      return {
        variant: isNew ? 'new' : 'control',
        phase: isLate ? 'late' : 'early',
        values: [value, 5 + 0.1 * normalQuantile(random())],
      }
    })
    const phases = [
      { name: 'early', weights: { control: 0.9, new: 0.1 } },
      { name: 'late', weights: { control: 0.1, new: 0.9 } },
    ]
    const found = verdictOf(users, { phases })
    const shown = found.comparisons[0]!.metrics[0]!
    expect(Math.abs(shown.absolute.mean ?? Number.NaN)).toBeLessThan(0.15)
    expect(found.quality.checks.find(({ name }) => name === 'sample ratio')?.status).toBe('passed')
    const unplanned = verdictOf(users, { phases: [] })
    expect(unplanned.decision.verdict).toBe('invalid')
  })

  it('is the same however the users are cut into days', () => {
    const users = usersOf(1500, { seed: 'days', lift: 0.2, days: 10 })
    const whole = verdictOf(users.map((user) => ({ ...user, day: 0 }))).comparisons[0]!.metrics[0]!
    const cut = verdictOf(users).comparisons[0]!.metrics[0]!
    expect(cut.absolute.mean).toBeCloseTo(whole.absolute.mean!, 10)
    expect(cut.test.pValue).toBeCloseTo(whole.test.pValue!, 10)
  })

  it('corrects the effect where the bound was crossed before the planned end', () => {
    const sequential = { kind: 'groupSequential', maxUsers: 4000, spending: 'power', looks: 'daily' } as const
    const found = verdictOf(usersOf(2000, { seed: 'early', lift: 0.2, days: 10 }), { sequential })
    const { stoppedEarly, isSuperior, test } = found.comparisons[0]!.metrics[0]!
    expect(isSuperior).toBe(true)
    expect(test.fraction).toBeCloseTo(0.5, 6)
    expect(test.looks).toBe(10)
    if (stoppedEarly === null) throw new Error('expected an early stop')
    const then = found.overTime[0]!.points.find(({ users }) => users === stoppedEarly.users)!
    expect(stoppedEarly.medianUnbiased).toBeLessThan(then.effect!)
    expect(stoppedEarly.low).toBeGreaterThan(0)
  })

  it('draws the band of few users as wide as the rule tests them', () => {
    const sequential = { kind: 'groupSequential', maxUsers: 60, spending: 'power', looks: 'daily' } as const
    const found = verdictOf(usersOf(40, { seed: 'few', lift: 0.2, days: 4 }), { sequential })
    const metric = found.comparisons[0]!.metrics[0]!
    const last = found.overTime.find((each) => each.metric === metric.metric)!.points.at(-1)!
    if (metric.relative.kind !== 'estimate') throw new Error('expected an estimate')
    expect(metric.relative.dof).toBeLessThan(40)
    expect([last.low, last.high]).toEqual([
      expect.closeTo(metric.relative.low, 9),
      expect.closeTo(metric.relative.high, 9),
    ])
  })

  it('tests nothing where nobody can tell how far the experiment has come', () => {
    const sequential = { kind: 'groupSequential', maxUsers: null, spending: 'power', looks: 'daily' } as const
    const found = verdictOf(usersOf(500, { seed: 'endless', lift: 1 }), { sequential })
    expect(found.comparisons[0]!.metrics[0]!.test.critical).toBeNull()
    expect(found.decision.verdict).toBe('keepRunning')
  })

  it('weighs effects with their covariance, and says when weights decide', () => {
    const utility = { weights: { sales: 1, 'opt-outs': -1 }, ranges: { 'opt-outs': { low: -20, high: 0 } } }
    const { utility: found, metrics } = verdictOf(usersOf(2000, { seed: 'utility', lift: 0.3, harm: 0.1 }), { utility })
      .comparisons[0]!
    expect(found!.utility.effect).toBeCloseTo(metrics[0]!.absolute.mean! - metrics[1]!.absolute.mean!, 10)
    expect(found!.lowerBound).toBeGreaterThan(0)
    expect(found!.worst!.weights).toEqual({ sales: 1, 'opt-outs': -20 })
    expect(found!.worst!.lowerBound).toBeLessThan(0)
    expect(found!.mayShip).toBe(false)
    expect(found!.breakEven).toEqual([])
  })

  it('weighs effects phase by phase, as each effect by itself', () => {
    // The share of the new variant grows as the level rises: taken together, that would pass for an effect.
    const level = (phase: string): number => (phase === 'two' ? 30 : 0)
    const users = usersOf(3000, { seed: 'phases', lift: 0.3 }).flatMap((user, i) => {
      const phase = i < 1500 ? 'one' : 'two'
      const isKept = phase === 'two' || user.variant === 'control' || i % 8 === 1
      return isKept ? [{ ...user, phase, values: [user.values[0]! + level(phase), user.values[1]!] }] : []
    })
    const phases = [
      { name: 'one', weights: { control: 0.8, new: 0.2 } },
      { name: 'two', weights: { control: 0.5, new: 0.5 } },
    ]
    const utility = { weights: { sales: 1, 'opt-outs': -1 }, ranges: {} }
    const { utility: found, metrics } = verdictOf(users, { utility, phases }).comparisons[0]!
    expect(found!.utility.effect).toBeCloseTo(metrics[0]!.absolute.mean! - metrics[1]!.absolute.mean!, 10)
    expect(Math.abs(found!.utility.effect! - 0.3)).toBeLessThan(0.2)
    // One user who came before the others compares nothing, and hides nothing.
    const early = { ...users[0]!, phase: 'none' }
    const alone = verdictOf([...users, early], { utility, phases }).comparisons[0]!
    expect(alone.utility!.utility.effect).toBeCloseTo(found!.utility.effect!, 10)
  })

  it('ships nothing by utility after harm, with data that are broken, or before there is a test', () => {
    const utility = { weights: { sales: 1 }, ranges: {} }
    const of = (users: readonly TestUser[], change = {}) =>
      verdictOf(users, { utility, ...change }).comparisons[0]!.utility!
    const good = usersOf(2000, { seed: 'clear', lift: 0.5 })
    expect(of(good)).toMatchObject({ mayShip: true })
    expect(of(usersOf(2000, { seed: 'clear', lift: 0.5, harm: 1 }))).toMatchObject({ mayShip: false })
    const broken = good.filter(({ variant }, i) => variant === 'control' || i % 4 === 1)
    expect(verdictOf(broken, { utility }).decision.verdict).toBe('invalid')
    expect(of(broken)).toMatchObject({ mayShip: false })
    const sequential = { kind: 'groupSequential', maxUsers: null, spending: 'power', looks: 'daily' } as const
    expect(of(good, { sequential })).toMatchObject({ mayShip: false, lowerBound: null, worst: null })
  })

  it('explores segments with corrected probabilities and leaves the decision alone', () => {
    const users = usersOf(2000, { seed: 'segments' }).map((user, i) => {
      const segment = i % 4 < 2 ? 'ios' : 'android'
      const lift = segment === 'ios' && user.variant === 'new' ? 1 : 0
      return { ...user, segment, values: [user.values[0]! + lift, user.values[1]!] }
    })
    const found = verdictOf(users, { segments: ['platform'] })
    const stands = found.segments.filter(({ isDiscovery }) => isDiscovery)
    expect(stands.map(({ metric, value }) => [metric, value])).toEqual([['sales', 'ios']])
    expect(found.decision).toEqual(verdictOf(users).decision)
  })

  it('puts an exact test beside a share that few users have', () => {
    const buyers: ExperimentMetric = { ...sales, metricType: 'proportion' }
    const spec = specOf([buyers])
    const users = Array.from(
      { length: 200 },
      (_, i): TestUser => ({ variant: i % 2 === 1 ? 'new' : 'control', values: [i < 10 && i % 2 === 1 ? 1 : 0] }),
    )
    const { notes } = readOut(summaryOf(users, spec), spec).comparisons[0]!.metrics[0]!
    // 5 of 100 against 0 of 100: C(100, 5) / C(200, 5) = .0297.
    expect(notes).toContain("fewer than five users expected in a cell: trust Fisher's exact test, one-sided p 0.0297")
  })

  it('answers with reasons and no number that is not one where there is nothing to compare', () => {
    const found = verdictOf([])
    expect(JSON.stringify(found)).not.toMatch(/NaN|Infinity/)
    expect(found.comparisons[0]!.metrics[0]!.absolute).toEqual({
      kind: 'undefined',
      reason: 'too-few-units',
      words: 'too few users',
      mean: null,
    })
    expect(found.decision.reasons.map(({ code }) => code)).toContain('quality-unknown')
  })
})

describe('isoDay', () => {
  it('is the calendar of Date on every day of three centuries', () => {
    for (let day = -40_000; day < 80_000; day += 17) {
      expect(isoDay(day)).toBe(new Date(day * 86_400_000).toISOString().slice(0, 10))
    }
    expect(isoMoment(951_827_696_000)).toBe('2000-02-29T12:34:56Z')
  })
})
