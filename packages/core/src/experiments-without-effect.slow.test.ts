import { describe, expect, it } from 'vitest'
import { normalQuantile } from './numeric/index.ts'
import {
  type ExperimentVerdict,
  effectPValue,
  interactionEffect,
  meanEffect,
  type VectorMoments,
  vectorMomentsOf,
} from './statistics/index.ts'
import {
  endOf,
  isTreated,
  liveExperiment,
  livePeople,
  METRICS,
  type Rows,
} from './testing/experiment-without-effect.ts'

const [WORLDS, SALTS] = [10, 100]

const worlds = Array.from({ length: WORLDS }, (_, seed) => livePeople(100 + seed))
const runs = worlds.flatMap((people, world) =>
  Array.from({ length: SALTS }, (_, i) => ({ people, salt: `${world}/${i}` })),
)
const lives = runs.map(({ people, salt }) => liveExperiment(people, salt))
const share = (count: number) => count / runs.length

describe('a thousand experiments without an effect in the simulated shop', () => {
  it('find an effect at the level, each way, in every metric', () => {
    const rates = METRICS.flatMap((_, m) =>
      (['greater', 'less'] as const).map((alternative) =>
        share(lives.filter((life) => (effectPValue(life[m]!.at(-1)!, { alternative }) ?? 1) < 0.05).length),
      ),
    )
    for (const rate of rates) expect(Math.abs(rate - 0.05)).toBeLessThan(0.02)
    expect(Math.abs(rates.reduce((sum, rate) => sum + rate, 0) / rates.length - 0.05)).toBeLessThan(0.01)
  })

  it('ship, and stop for harm, no more often than the rule allows, looking fourteen times', () => {
    const ends = lives.map((life) => endOf(life))
    const rate = (verdict: ExperimentVerdict) => share(ends.filter((end) => end === verdict).length)
    expect(rate('ship')).toBeLessThan(0.06)
    expect(rate('ship')).toBeGreaterThan(0.015)
    expect(rate('stop')).toBeLessThan(0.02)
    expect(rate('doNotShip')).toBeGreaterThan(0.9)
  })

  it('find a planted interaction with the power it was planted for', () => {
    const found = runs.filter(({ people, salt }) => {
      const cells = cellsOf(people.retention, salt)
      const { interaction } = interactionEffect(
        meanEffect({ treatment: cells.both, control: cells.second }),
        meanEffect({ treatment: cells.first, control: cells.neither }),
      )
      return (effectPValue(interaction, { alternative: 'greater' }) ?? 1) < 0.05
    }).length
    expect(Math.abs(share(found) - 0.8)).toBeLessThan(0.04)
  })
})

interface Cells {
  readonly both: VectorMoments
  readonly first: VectorMoments
  readonly second: VectorMoments
  readonly neither: VectorMoments
}

/** Two experiments on the same people; those who are in both treatments gain what power .8 asks for. */
function cellsOf(rows: Rows, salt: string): Cells {
  const all = vectorMomentsOf(rows, 2)
  // Of the residuals on the fortnight before: four cells of n / 4, each with its error.
  const residual = (all.cross[0]! - all.cross[1]! ** 2 / all.cross[2]!) / (all.n - 1)
  const planted = (normalQuantile(0.95) + normalQuantile(0.8)) * Math.sqrt((16 * residual) / all.n)
  const cell = (first: boolean, second: boolean) => {
    const own = rows.filter((_, user) => isTreated(salt, user) === first && isTreated(`${salt}-other`, user) === second)
    return vectorMomentsOf(
      own.map(([value, before]) => [value + (first && second ? planted : 0), before]),
      2,
    )
  }
  return { both: cell(true, true), first: cell(true, false), second: cell(false, true), neither: cell(false, false) }
}
