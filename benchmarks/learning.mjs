// Does learning pay? The core's own learner lives in the simulated shop beside the usual, the random and the silent one.
import { groupOf } from '@paloma/core'
import { createWorld, pairedDifference, RETAIL } from '@paloma/core/simulation'
import { live } from './learning/live.mjs'
import { SETTINGS } from './learning/shop.mjs'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'

const flags = flagsOf({
  users: { type: 'string', default: '1500' },
  days: { type: 'string', default: '42' },
  seeds: { type: 'string', default: '2,5,11' },
  settings: { type: 'string', default: 'default' },
})
const [users, days] = [Number(flags.users), Number(flags.days)]
const MILLION = 1_000_000
const START_AT = Date.UTC(2026, 2, 2)
const MIXED = { paloma: 700_000, businessAsUsual: 100_000, random: 100_000, holdout: 100_000 }
const POLICIES = ['paloma', 'businessAsUsual', 'random', 'holdout']
const SETTING = SETTINGS[flags.settings]
if (SETTING === undefined)
  throw new RangeError(`--settings must be one of ${Object.keys(SETTINGS)}, got ${flags.settings}`)
const WEIGHTS = Object.fromEntries(SETTING.objectives.map(({ name, weight, scale = 1 }) => [name, weight * scale]))

/** The objectives on one scale, over the whole run; a lost channel costs its contactable days. */
function combined({ value, visits, activeDays, lostChannels }) {
  return (
    WEIGHTS.conversion * value +
    WEIGHTS.engagement * visits +
    WEIGHTS.retention * activeDays -
    WEIGHTS.reachability * lostChannels
  )
}

/** Lives one world under each policy: Paloma in a world of four groups, the others in worlds of their own. */
function runsOf(seed) {
  const world = () => createWorld({ scenario: RETAIL, users, days, seed, startAt: START_AT })
  const fixed = (group) => live(world(), { ...SETTING, shares: { [group]: MILLION }, learns: false })
  const runs = { paloma: live(world(), { ...SETTING, shares: MIXED, learns: true }) }
  for (const group of POLICIES.slice(1)) {
    process.stderr.write(`seed ${seed}: ${group}\n`)
    runs[group] = fixed(group)
  }
  return runs
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

/** The same people, those whom Paloma wrote to, under every policy. */
function compare(seed) {
  const runs = runsOf(seed)
  const { groups, groupSalt } = runs.paloma.snapshot
  const members = runs.paloma.people.flatMap(({ profile }, index) =>
    groupOf(groups, groupSalt, profile.userId) === 'paloma' ? [index] : [],
  )
  const column = (policy, of) => Float64Array.from(members, (index) => of(runs[policy].people[index].totals))
  const against = (policy, of) => pairedDifference(column('paloma', of), column(policy, of))
  return POLICIES.map((policy) => ({
    seed,
    policy,
    value: mean(column(policy, ({ value }) => value)),
    combined: mean(column(policy, combined)),
    paloma: policy === 'paloma' ? null : against(policy, combined),
    lost: mean(column(policy, ({ lostChannels }) => lostChannels)),
    lostLess: policy === 'paloma' ? null : against(policy, ({ lostChannels }) => -lostChannels),
    sends: mean(column(policy, ({ sends }) => sends)),
    intrusive: mean(column(policy, ({ intrusive }) => intrusive)),
  }))
}

const interval = (difference, digits) =>
  difference === null ? '' : `${difference.mean.toFixed(digits)} ± ${(1.96 * difference.standardError).toFixed(digits)}`

const figures = flags.seeds.split(',').map(Number).flatMap(compare)
publish(
  {
    title: 'learning in the simulated shop',
    command: `npm run bench:learning -- --users ${users} --days ${days} --seeds ${flags.seeds} --settings ${flags.settings}`,
    machine: machine(),
    figures,
    body: table([
      [
        'seed',
        'policy',
        'EUR',
        'combined',
        'Paloma above it',
        'lost channels',
        'Paloma loses less',
        'sends',
        'intrusive',
      ],
      ...figures.map((row) => [
        row.seed,
        row.policy,
        row.value.toFixed(2),
        row.combined.toFixed(2),
        interval(row.paloma, 2),
        row.lost.toFixed(3),
        interval(row.lostLess, 3),
        row.sends.toFixed(1),
        row.intrusive.toFixed(1),
      ]),
    ]),
    remarks: [
      'Means per user of the Paloma group; ± is the half-width of a 95 % interval over the same people, user by user.',
    ],
  },
  flags,
)
