import { describe, expect, it } from 'vitest'
import type { ExperimentMetric } from '../domain/index.ts'
import { normalQuantile } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { readOut } from './read-out.ts'
import { specOf, summaryOf, type TestUser } from './testing/summary-of.ts'

const metric: ExperimentMetric = {
  name: 'sales',
  metricType: 'mean',
  numerator: { column: 'sales' },
  role: 'success',
  targetMDE: 0.05,
}

const LOOKS = 5
const PER_LOOK = 150
const RUNS = 200

/** Users of one look: skewed values that lean on what was before, two in three in the new variant. */
function usersOf(random: () => number, day: number): readonly TestUser[] {
  return Array.from({ length: PER_LOOK }, () => {
    const before = -Math.log(1 - random())
    return {
      variant: random() < 2 / 3 ? 'new' : 'control',
      day,
      before: [before],
      values: [5 + before + 0.5 * normalQuantile(random())],
    }
  })
}

type Comparison = ReturnType<typeof readOut>['comparisons'][number]

/** Share of A/A experiments that are called superior, or whatever is asked, at any of the looks on the way. */
function falseAlarms(
  spec: ReturnType<typeof specOf>,
  isAlarm: (comparison: Comparison) => boolean = ({ metrics }) => metrics[0]!.isSuperior,
): number {
  let alarms = 0
  for (let run = 0; run < RUNS; run++) {
    const random = randomFrom(`aa-${run}`)
    const users: TestUser[] = []
    for (let day = 0; day < LOOKS; day++) {
      users.push(...usersOf(random, day))
      if (!isAlarm(readOut(summaryOf(users, spec), spec).comparisons[0]!)) continue
      alarms += 1
      break
    }
  }
  return alarms / RUNS
}

const variants = [
  { name: 'control', weight: 1 / 3 },
  { name: 'new', weight: 2 / 3 },
]

describe('a read-out after every day of an A/A experiment', () => {
  it('calls hardly more than one in twenty superior with the group sequential default', () => {
    const sequential = {
      kind: 'groupSequential',
      maxUsers: LOOKS * PER_LOOK,
      spending: 'power',
      looks: 'daily',
    } as const
    const rate = falseAlarms(specOf([metric], { variants, sequential }))
    // .05 ± three standard errors of 200 runs; below is chance or the price of looks.
    expect(rate).toBeLessThan(0.097)
    expect(rate).toBeGreaterThan(0.003)
  })

  it('ships hardly more than one in twenty by utility: its bound is that of the look', () => {
    const sequential = {
      kind: 'groupSequential',
      maxUsers: LOOKS * PER_LOOK,
      spending: 'power',
      looks: 'daily',
    } as const
    const utility = { weights: { sales: 1 }, ranges: {} }
    const spec = specOf([metric], { variants, sequential, utility, skewness: 'ignored' })
    expect(falseAlarms(spec, ({ utility: found }) => found!.mayShip)).toBeLessThan(0.097)
  })

  it('calls far more superior where looks are not paid for, so that the measure can tell', () => {
    expect(falseAlarms(specOf([metric], { variants }))).toBeGreaterThan(0.09)
  })
})
