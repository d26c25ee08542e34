// How fast do simulated people live, and do they behave as published figures say?
import { createWorld, figuresOf, logOfRun, policyNamed, runWorld, SCENARIOS, summarize } from '@paloma/core/simulation'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'

const flags = flagsOf({
  users: { type: 'string', default: '4000' },
  days: { type: 'string', default: '60' },
  rounds: { type: 'string', default: '3' },
  scenarios: { type: 'string', default: SCENARIOS.map(({ name }) => name).join(',') },
  figures: { type: 'boolean', default: false },
})
const [users, days, rounds] = [Number(flags.users), Number(flags.days), Number(flags.rounds)]
const startAt = Date.UTC(2026, 0, 5)
const SPEED_POLICIES = ['never', 'cadence', 'oracle']
const BASES = ['retail', 'streaming', 'news']

function worldOf(scenario, size, seed) {
  return createWorld({ scenario, users: size, days, seed, startAt })
}

/** User-days per second of CPU time, garbage collection in; the oracle, which is slow, lives a tenth of the users. */
function speedOf(scenario, policy, seed) {
  const world = worldOf(scenario, policy === 'oracle' ? Math.ceil(users / 10) : users, seed)
  const choose = policyNamed(world, policy)
  const before = process.cpuUsage()
  runWorld(world, choose, { blockUsers: 250 })
  const { user, system } = process.cpuUsage(before)
  return (world.options.users * days) / ((user + system) / 1e6)
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/** Rounds interleave scenarios and policies, so that a busy moment falls on all. */
function speeds(scenarios) {
  const found = new Map()
  speedOf(scenarios[0], 'cadence', 0)
  for (let round = 1; round <= rounds; round += 1) {
    for (const scenario of scenarios) {
      process.stderr.write(`round ${round}: ${scenario.name}\n`)
      for (const policy of SPEED_POLICIES) {
        const key = `${scenario.name} ${policy}`
        found.set(key, [...(found.get(key) ?? []), speedOf(scenario, policy, round)])
      }
    }
  }
  return scenarios.map(({ name }) => ({
    scenario: name,
    ...Object.fromEntries(SPEED_POLICIES.map((policy) => [policy, Math.round(median(found.get(`${name} ${policy}`)))])),
  }))
}

const percent = (digits) => (value) => (value === null ? '–' : `${(100 * value).toFixed(digits)} %`)
const FIGURES = [
  ['push opt-in', 'cadence', 'pushOptIn', '60 % (Android 81–91, iOS 41–51)', percent(1)],
  [
    'push tapped',
    'cadence',
    'pushTapped',
    '3.48 / 1.77 % (Android / iOS), reactions 4.6 / 3.4 %, 8.7 % in 2015',
    percent(2),
  ],
  ['push tapped, daily', 'daily', 'pushTapped', '', percent(2)],
  ['minutes to tap, median', 'cadence', 'pushMinutes', '48', (value) => value?.toFixed(0) ?? '–'],
  ['push disabled per push', 'cadence', 'pushDisabled', 'stated 10 % at 1 a week: upper bound', percent(2)],
  ['push disabled per push, daily', 'daily', 'pushDisabled', 'stated 33–37 % at 2–10 a week: upper bound', percent(2)],
  ['email opened', 'cadence', 'emailOpened', '21–22.7 %, e-commerce 15.7 %', percent(1)],
  ['email clicked', 'cadence', 'emailClicked', '2.6–2.9 %, e-commerce 2.0 %', percent(2)],
  ['unsubscribed per email', 'cadence', 'emailUnsubscribed', '.23–.27 %', percent(2)],
  ['marked as spam', 'cadence', 'emailSpam', '.012 %', percent(3)],
  ['bounced', 'cadence', 'emailBounced', 'about 1 %', percent(2)],
  ['in-app reacted per view', 'random', 'inAppReacted', '25–30 %', percent(1)],
  [
    'tapped of the first 3 pushes, daily',
    'daily',
    'pushTappedFirst',
    'falls to a third by the 8th contact',
    percent(2),
  ],
  ['tapped from the 12th push on, daily', 'daily', 'pushTappedLater', '', percent(2)],
]

/** Activity on days with a push against days without, relative: what a micro-randomised trial would find. */
function relativeEffect(scenario) {
  const world = worldOf(scenario, users, 1)
  const found = summarize(logOfRun(world, policyNamed(world, 'random')))
  const [brought, usual] = [found.get('visits brought per push'), found.get('active days per day')]
  return { value: brought.value / usual.value, stdError: brought.stdError / usual.value }
}

function figureRows() {
  const columns = BASES.map((name) => {
    process.stderr.write(`figures: ${name}\n`)
    const scenario = SCENARIOS.find((each) => each.name === name)
    const under = Object.fromEntries(
      ['cadence', 'daily', 'random'].map((policy) => {
        const world = worldOf(scenario, users, 1)
        return [policy, figuresOf(world, policyNamed(world, policy))]
      }),
    )
    return { name, under, effect: relativeEffect(scenario) }
  })
  const rows = FIGURES.map(([label, policy, figure, aimed, show]) => ({
    label,
    aimed,
    measured: columns.map(({ under }) => show(under[policy][figure])),
  }))
  const effects = columns.map(
    ({ effect: { value, stdError } }) => `+${(100 * value).toFixed(1)} ± ${(100 * stdError).toFixed(1)} %`,
  )
  const aimed = '+3.9 % of engagement within 24 h; first hour × 3.5'
  return [...rows, { label: 'days with a visit, push against none', aimed, measured: effects }]
}

function figuresResult() {
  const rows = figureRows()
  const body = table([
    ['figure', 'published', ...BASES],
    ...rows.map(({ label, aimed, measured }) => [label, aimed, ...measured]),
  ])
  return { title: 'the simulated people against published figures', rows, body }
}

function speedResult() {
  const scenarios = SCENARIOS.filter(({ name }) => flags.scenarios.split(',').includes(name))
  if (scenarios.length === 0)
    throw new RangeError(`--scenarios must name scenarios of paloma simulate --list, got ${flags.scenarios}`)
  const rows = speeds(scenarios)
  const count = (value) => value.toLocaleString('en-US')
  const body = table([
    ['user-days per CPU second', ...SPEED_POLICIES],
    ...rows.map((row) => [row.scenario, ...SPEED_POLICIES.map((policy) => count(row[policy]))]),
  ])
  const slowest = Math.min(...rows.map(({ cadence }) => cadence))
  const { maxRSS } = process.resourceUsage()
  const remarks = [
    `Slowest under the cadence: ${count(slowest)} (target: 200,000). Median of ${rounds} rounds, ${count(users)} users, ${days} days; most memory ${Math.round(maxRSS / 1024)} MiB.`,
  ]
  return { title: 'how fast simulated people live', rows, body, remarks }
}

const result = flags.figures ? figuresResult() : speedResult()
const command = `node benchmarks/simulation.mjs --users ${users} --days ${days}${flags.figures ? ' --figures' : ` --rounds ${rounds}`}`
publish({ command, machine: machine(), ...result }, flags)
