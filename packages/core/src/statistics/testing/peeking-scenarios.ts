import { meanEffect } from '../mean-effect.ts'
import { ratioEffect } from '../ratio-effect.ts'
import type { Chance, PeekingScenario } from './peeking-trial.ts'

const LOOKS = 14

const normalMean = (shift: number): PeekingScenario => ({
  control: 500,
  treatment: 500,
  looks: LOOKS,
  dimension: 1,
  drawControl: ({ normal }) => [normal()],
  drawTreatment: ({ normal }) => [normal() + shift],
  estimate: (arms) => meanEffect(arms).effect,
  truth: shift,
})

/** One user in ten buys, for an exponential amount: skewness 5.6. */
const spend = ({ uniform }: Chance): readonly number[] => [uniform() < 0.1 ? -30 * Math.log(1 - uniform()) : 0]

/** Visits, and clicks among them, by people who differ in how readily they click. */
function clicksAndVisits({ uniform, normal }: Chance): readonly number[] {
  const readiness = 1 / (1 + Math.exp(1 - normal()))
  const visits = 1 + Math.floor(-2.5 * Math.log(1 - uniform()))
  let clicks = 0
  for (let visit = 0; visit < visits; visit++) if (uniform() < readiness) clicks += 1
  return [clicks, visits]
}

const exponential = ({ uniform }: Chance): readonly number[] => [-Math.log(1 - uniform())]

/** What the defaults are held to: no effect, unless said. */
export const PEEKING_SCENARIOS: Readonly<Record<string, PeekingScenario>> = {
  'normal, 500 and 500': normalMean(0),
  'normal, 500 and 500, .2 σ': normalMean(0.2),
  'exponential, 3,000 and 1,000': {
    ...normalMean(0),
    control: 3000,
    treatment: 1000,
    drawControl: exponential,
    drawTreatment: exponential,
  },
  'ratio, 1,000 and 2,000': {
    ...normalMean(0),
    control: 1000,
    treatment: 2000,
    dimension: 2,
    drawControl: clicksAndVisits,
    drawTreatment: clicksAndVisits,
    estimate: (arms) => ratioEffect(arms).effect,
  },
}

const revenue = (control: number, treatment: number): PeekingScenario => ({
  ...normalMean(0),
  control,
  treatment,
  drawControl: spend,
  drawTreatment: spend,
})

/** Where the normal approximation bends: revenue of few buyers in groups of different size. */
export const HARD_SCENARIOS: Readonly<Record<string, PeekingScenario>> = {
  'revenue, 2,400 and 800': revenue(2400, 800),
  'revenue, 800 and 2,400': revenue(800, 2400),
  'revenue, 1,600 and 1,600': revenue(1600, 1600),
  'revenue, 12,000 and 4,000': revenue(12_000, 4000),
}
