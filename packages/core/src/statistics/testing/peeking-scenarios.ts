import type { Arms } from '../adjustment.ts'
import type { Effect } from '../effect.ts'
import { meanEffect } from '../mean-effect.ts'
import { ratioEffect } from '../ratio-effect.ts'
import { relativeEffect } from '../relative-effect.ts'
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

type Draw = (chance: Chance) => readonly number[]

/** No effect, both groups drawn alike. */
const alike = (
  control: number,
  treatment: number,
  draw: Draw,
  change: Partial<PeekingScenario> = {},
): PeekingScenario => ({
  ...normalMean(0),
  control,
  treatment,
  drawControl: draw,
  drawTreatment: draw,
  ...change,
})

const revenue = (control: number, treatment: number): PeekingScenario => alike(control, treatment, spend)

/** Logarithms of the ratio of means, as a read-out tests them. */
const relative = (arms: Arms): Effect => {
  const found = relativeEffect(meanEffect(arms))
  return found.kind === 'relative' ? found.scaled : { kind: 'undefined', reason: found.reason, effect: null }
}

/** Revenue of people who differ in what they spend, and what the same ones spent before. */
function spendTwice({ uniform, normal }: Chance): readonly number[] {
  const wealth = Math.exp(0.7 * normal())
  const once = () => (uniform() < 0.2 ? -10 * wealth * Math.log(1 - uniform()) : 0)
  return [once(), once() + once()]
}

/** Orders per visit, by people of whom a few visit very often. */
function ordersAndVisits({ uniform, normal }: Chance): readonly number[] {
  const visits = 1 + Math.floor(Math.exp(1 + 1.1 * normal()))
  const readiness = 1 / (1 + Math.exp(2 - normal()))
  let orders = 0
  for (let visit = 0; visit < visits; visit++) if (uniform() < readiness) orders += 1
  return [orders, visits]
}

/** Where the normal approximation bends: revenue of few buyers in groups of different size. */
export const HARD_SCENARIOS: Readonly<Record<string, PeekingScenario>> = {
  'revenue, 2,400 and 800': revenue(2400, 800),
  'revenue, 800 and 2,400': revenue(800, 2400),
  'revenue, 1,600 and 1,600': revenue(1600, 1600),
  'revenue, 12,000 and 4,000': revenue(12_000, 4000),
}

const lognormal: Draw = ({ normal }) => [Math.exp(normal())]
/** Three users in a hundred buy, for a lognormal amount: skewness 12.8. */
const rareSpend: Draw = ({ uniform, normal }) => [uniform() < 0.03 ? Math.exp(3 + normal()) : 0]
const share: Draw = ({ uniform }) => [uniform() < 0.02 ? 1 : 0]
/** A fifth more buy. */
const spendMore: Draw = ({ uniform }) => [uniform() < 0.12 ? -30 * Math.log(1 - uniform()) : 0]
const ratio = { dimension: 2, estimate: (arms: Arms) => ratioEffect(arms).effect }

/** Scenes that the correction for skewness was not made on. */
export const SKEWED_SCENARIOS: Readonly<Record<string, PeekingScenario>> = {
  'lognormal, 500 and 4,500': alike(500, 4500, lognormal),
  'lognormal, 4,500 and 500': alike(4500, 500, lognormal),
  'lognormal, 3,000 and 27,000': alike(3000, 27_000, lognormal),
  'three of a hundred buy, 1,000 and 3,000': alike(1000, 3000, rareSpend),
  'three of a hundred buy, 5,000 and 15,000': alike(5000, 15_000, rareSpend),
  'share of 2 %, 500 and 4,500': alike(500, 4500, share),
  'revenue in logarithms, 800 and 2,400': alike(800, 2400, spend, { estimate: relative }),
  'revenue in logarithms, 2,400 and 800': alike(2400, 800, spend, { estimate: relative }),
  'lognormal in logarithms, 4,500 and 500': alike(4500, 500, lognormal, { estimate: relative }),
  'share of 2 % in logarithms, 1,000 and 9,000': alike(1000, 9000, share, { estimate: relative }),
  'revenue up by a fifth in logarithms, 800 and 2,400': alike(800, 2400, spend, {
    drawTreatment: spendMore,
    estimate: relative,
    truth: Math.log(1.2),
  }),
  'revenue adjusted, 800 and 2,400': alike(800, 2400, spendTwice, { dimension: 2 }),
  'revenue adjusted, 2,400 and 800': alike(2400, 800, spendTwice, { dimension: 2 }),
  'orders per visit, 600 and 1,800': alike(600, 1800, ordersAndVisits, ratio),
  'orders per visit, 1,800 and 600': alike(1800, 600, ordersAndVisits, ratio),
  'revenue up by a fifth, 800 and 2,400': alike(800, 2400, spend, {
    drawTreatment: spendMore,
    truth: 0.6,
  }),
}
