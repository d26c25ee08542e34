// What is believed of new messages from their first bins, as the server learns it: error, coverage, and whether the surrogate test keeps its promise.
// npm run bench:message-beliefs -- --first-seed 1001 --worlds 60 --weeks 12
import { parseArgs } from 'node:util'
import {
  believedMessages,
  HOUR_MS,
  horizonOf,
  judgeForecasts,
  learnMessages,
  messagePasses,
  NO_EVIDENCE,
  randomFrom,
} from '@paloma/core'

const DAY_MS = 24 * HOUR_MS
const OBJECTIVE = { name: 'orders', events: [], aggregate: 'sum', windowHours: 168, unit: 'EUR', weight: 1 }
const TARGETS = { settings: { variants: {}, beliefs: ['orders'], traits: {} }, objectives: [OBJECTIVE] }
const MOMENTS_HOURS = [0.5, 10, 100]
const EFFECT_SD = 0.5
/** 80 % and 95 % of a normal distribution. */
const LEVELS = [
  [0.8, 1.2816],
  [0.95, 1.96],
]

const { values } = parseArgs({
  options: {
    'first-seed': { type: 'string', default: '1001' },
    worlds: { type: 'string', default: '60' },
    weeks: { type: 'string', default: '12' },
  },
})
const [firstSeed, worlds, weeks] = ['first-seed', 'worlds', 'weeks'].map((name) => Number(values[name]))

function gauss(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Early and late bins of a message share its level; the last has a part of its own. */
function usualEffect(random) {
  const level = EFFECT_SD * gauss(random)
  return [0.3 * level, 0.3 * level, 0.4 * level + 0.05 * gauss(random)]
}

/** Messages that begin as well as good ones and end by costing as much. */
function hollowEffect(random) {
  const level = EFFECT_SD * Math.abs(gauss(random))
  return [0.3 * level, 0.3 * level, -1.6 * level]
}

function sum(values) {
  return values.reduce((all, value) => all + value, 0)
}

/** Decisions with one message on offer, chosen by a coin, and rewards with noise of variance 3 over the window. */
function decisions(message, effect, { n, at = 0, random }) {
  return Array.from({ length: n }, () => {
    const isSent = random() < 0.5
    const centred = [{ message, channel: 'push', value: (isSent ? 1 : 0) - 0.5 }]
    const messages = { sent: isSent ? { message, variant: 'default', channel: 'push' } : null, centred }
    const outcomes = MOMENTS_HOURS.map((hours, j) => ({
      ...{ at: at + hours * HOUR_MS, name: 'order', reachLoss: null, channel: null },
      values: { orders: (isSent ? effect[j] : 0) + gauss(random) },
    }))
    return { at, learning: { baseline: [], centred: [], sent: null, messages }, outcomes }
  })
}

function learned(all, evidence = NO_EVIDENCE, untilHours = Number.POSITIVE_INFINITY) {
  return messagePasses(TARGETS)
    .filter(({ ageHours }) => ageHours <= untilHours)
    .reduce((known, pass) => learnMessages(known, { pass, targets: TARGETS }, all), evidence)
}

function past(random, count = 12, n = 200) {
  const effects = Array.from({ length: count }, () => usualEffect(random))
  return { effects, decisions: effects.flatMap((effect, i) => decisions(`past-${i}`, effect, { n, random })) }
}

/** Errors of beliefs about new messages, 200 sends each, after each edge. */
function beliefErrors(seed) {
  const random = randomFrom(`beliefs ${seed}`)
  const { effects, decisions: old } = past(random)
  const evidence = learned(old)
  const average = sum(effects.map(sum)) / effects.length
  return Array.from({ length: 6 }, () => usualEffect(random)).flatMap((effect) => {
    const young = decisions('new', effect, { n: 400, random })
    const truth = sum(effect) - average
    return [0, 1, 24, 168].map((hours) => {
      const known = hours === 0 ? evidence : learned(young, evidence, hours)
      const { mean, variance } = believedMessages(TARGETS.settings, known).get('orders').of('push', 'new')
      return { hours, truth, mean, sd: Math.sqrt(variance) }
    })
  })
}

function reportBeliefs() {
  const rows = Array.from({ length: worlds }, (_, i) => beliefErrors(firstSeed + i)).flat()
  process.stdout.write(
    `| what is known of a new message | error, RMS | covered by 80 % | by 95 % |\n| --- | ---: | ---: | ---: |\n`,
  )
  for (const hours of [0, 1, 24, 168]) {
    const own = rows.filter((row) => row.hours === hours)
    const rms = Math.sqrt(sum(own.map(({ truth, mean }) => (truth - mean) ** 2)) / own.length)
    const covered = LEVELS.map(
      ([, z]) => own.filter(({ truth, mean, sd }) => Math.abs(truth - mean) < z * sd).length / own.length,
    )
    const name = hours === 0 ? 'nothing' : `${hours} h of 400 decisions`
    process.stdout.write(`| ${name} | ${rms.toFixed(3)} | ${covered.map((share) => share.toFixed(3)).join(' | ')} |\n`)
  }
}

/** Weeks in which four new messages come up; answers the week in which the window's forecast is given up, or null. */
function brokenIn(seed, effectOf) {
  const random = randomFrom(`weeks ${seed}`)
  let evidence = learned(past(random).decisions)
  for (let week = 1; week <= weeks; week += 1) {
    const at = 7 * week * DAY_MS
    const fresh = Array.from({ length: 4 }, (_, i) => ({ name: `${week}-${i}`, effect: effectOf(random) }))
    const young = fresh.flatMap(({ name, effect }) => decisions(name, effect, { n: 200, at: at - DAY_MS, random }))
    evidence = judgeForecasts(learned(young, evidence, 1), TARGETS, { at, untilOf: () => 0 })
    const cohort = fresh.flatMap(({ name, effect }) => decisions(name, effect, { n: 200, at: at + HOUR_MS, random }))
    evidence = judgeForecasts(learned(cohort, evidence), TARGETS, { at: at + DAY_MS, untilOf: () => at + 3 * DAY_MS })
    if (horizonOf(evidence.objectives.orders).givenUp.length > 0) return week
  }
  return null
}

function reportSurrogate(name, effectOf) {
  const found = Array.from({ length: worlds }, (_, i) => brokenIn(firstSeed + i, effectOf))
  const broken = found.filter((week) => week !== null).sort((a, b) => a - b)
  const median = broken.length === 0 ? '–' : `${broken[Math.floor(broken.length / 2)]}`
  process.stdout.write(`| ${name} | ${worlds} | ${broken.length} | ${median} |\n`)
}

reportBeliefs()
process.stdout.write(
  `\n| new messages of ${weeks} weeks | worlds | given up | median week |\n| --- | ---: | ---: | ---: |\n`,
)
reportSurrogate('like the past ones', usualEffect)
reportSurrogate('begin well, end badly', hollowEffect)
