// Who would come anyway, and what does a message add? The hazard of the next visit against a plain rate and against one regression,
// on people not learned from, with the truth from days lived twice.
import { createWorld, runWorld, scenarioNamed } from '@paloma/core/simulation'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'
import { pairedDays, WAYS } from './visits/paired-days.mjs'
import { deskOf } from './world/desk.mjs'
import { FEATURES } from './world/owner.mjs'

const flags = flagsOf({
  scenario: { type: 'string', default: 'retail,streaming' },
  users: { type: 'string', default: '1000' },
  days: { type: 'string', default: '40' },
  'test-users': { type: 'string', default: '6000' },
  'first-seed': { type: 'string', default: '301' },
  'log-counts': { type: 'boolean', default: false },
})
const [users, days, testUsers, seed] = ['users', 'days', 'test-users', 'first-seed'].map((name) => Number(flags[name]))
const START_AT = Date.UTC(2026, 2, 2)
const TEST_DAY = 30
const TOP_SHARE = 0.3
const TENTHS = 10
/** What a send is taken to cost, in visits: about what the average one brings. */
const PRICE = 0.04

/** Declared features, with the trait that counts visits as it is or on a log scale. */
const features = flags['log-counts']
  ? {
      ...FEATURES,
      features: FEATURES.features.map((spec) =>
        spec.name === 'visitsPerWeek' ? { ...spec, centre: 0.9, scale: 0.6, log1p: true } : spec,
      ),
    }
  : FEATURES

const VISITS = {
  name: 'visits',
  events: ['App Visited'],
  aggregate: 'any',
  windowHours: 24,
  unit: 'visits',
  weight: 1,
  priorEffectSd: 0.03,
  noiseSd: 0.4,
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
const seconds = (since) => Math.round((performance.now() - since) / 100) / 10

function standardError(values) {
  const centre = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1) / values.length)
}

/** What a random log teaches under one model. */
function learned(scenario, model) {
  const world = createWorld({ scenario, users, days, seed, startAt: START_AT })
  const desk = deskOf(world, {
    logDays: days,
    features,
    objectives: [{ ...VISITS, ...(model === 'effect' ? {} : { model }) }],
  })
  const began = performance.now()
  runWorld(world, desk.choose, { observer: desk.observer })
  return { snapshot: desk.snapshot(), seconds: seconds(began) }
}

/** The same snapshot with a regression that has learned nothing: extra chances as the hazard has them. */
function hazardAlone({ snapshot, prior }) {
  const heads = { ...snapshot.state.heads, visits: prior.heads.visits }
  return { ...snapshot, state: { ...snapshot.state, heads } }
}

function scoresOf(rows, chanceOf) {
  const pairs = rows.map((row) => [chanceOf(row), row.came]).sort((a, b) => a[0] - b[0])
  const tenth = Math.ceil(pairs.length / TENTHS)
  let off = 0
  for (let from = 0; from < pairs.length; from += tenth) {
    const part = pairs.slice(from, from + tenth)
    off += Math.abs(mean(part.map(([chance]) => chance)) - mean(part.map(([, came]) => came))) * part.length
  }
  return {
    logLoss: mean(pairs.map(([chance, came]) => -Math.log(came ? chance : 1 - chance))),
    brier: mean(pairs.map(([chance, came]) => (chance - came) ** 2)),
    said: mean(pairs.map(([chance]) => chance)),
    came: mean(pairs.map(([, came]) => came)),
    calibrationError: off / pairs.length,
  }
}

function correlation(a, b) {
  const [ma, mb] = [mean(a), mean(b)]
  const covariance = mean(a.map((value, i) => (value - ma) * (b[i] - mb)))
  return covariance / Math.sqrt(mean(a.map((value) => (value - ma) ** 2)) * mean(b.map((value) => (value - mb) ** 2)))
}

/** What comes of each user where the contestant sends by the way it thinks best if that brings more than `price`: what he gains, and whether he was sent to. */
function choices(rows, contestant, price = 0) {
  return rows.map(({ ways }) => {
    const known = ways.filter((way) => way !== null)
    const best = known.reduce(
      (top, way) => (top === null || way.said[contestant] > top.said[contestant] ? way : top),
      null,
    )
    return best === null || best.said[contestant] <= price ? { gain: 0, sent: 0 } : { gain: best.did, sent: 1 }
  })
}

const gains = (rows, contestant, price) => choices(rows, contestant, price).map(({ gain }) => gain)

/** By user, gain less price where nothing is sent that is not thought to be worth it. */
const nets = (rows, contestant) => choices(rows, contestant, PRICE).map(({ gain, sent }) => gain - PRICE * sent)

/** By user, the same where only the share of users with the most to gain, as the contestant sees it, gets its best way. */
function gainsAtTop(rows, contestant) {
  const said = rows.map(({ ways }) =>
    Math.max(0, ...ways.flatMap((way) => (way === null ? [] : [way.said[contestant]]))),
  )
  const cut = [...said].sort((a, b) => b - a)[Math.floor(TOP_SHARE * said.length)]
  return gains(rows, contestant, Math.max(0, cut))
}

function extrasOf(rows, names) {
  const flat = rows.flatMap(({ ways }) => ways.filter((way) => way !== null))
  const did = flat.map((way) => way.did)
  return names.map((name, c) => {
    const tops = gainsAtTop(rows, c)
    const all = gains(rows, c)
    const said = flat.map((way) => way.said[c])
    const shares = mean(choices(rows, c, PRICE).map(({ sent }) => sent))
    const net = nets(rows, c)
    return { name, correlation: correlation(said, did), said: mean(said), did: mean(did), top: tops, all, net, shares }
  })
}

const figure = (value, digits = 3) => value.toFixed(digits)
const spread = (values) => `${figure(mean(values), 4)} ± ${figure(standardError(values), 4)}`

function judgeScenario(name) {
  const began = performance.now()
  const scenario = scenarioNamed(name)
  const visit = learned(scenario, 'visit')
  const effect = learned(scenario, 'effect')
  const prior = deskOf(createWorld({ scenario, users: 1, days: 1, seed, startAt: START_AT }), {
    logDays: 1,
    objectives: [{ ...VISITS, model: 'visit' }],
    features,
  }).snapshot().state
  const contestants = [
    { name: 'visit', snapshot: visit.snapshot },
    { name: 'its hazard alone', snapshot: hazardAlone({ snapshot: visit.snapshot, prior }) },
    { name: 'effect', snapshot: effect.snapshot },
  ]
  const names = contestants.map((each) => each.name)
  const test = { scenario, users: testUsers, seed: seed + 1, startAt: START_AT, testDay: TEST_DAY, contestants }
  const rows = pairedDays(test).filter(({ without }) => without.every((chance) => chance !== null))
  const chances = [
    ['hazard', scoresOf(rows, ({ without }) => without[0])],
    ['the user’s rate', scoresOf(rows, ({ rate }) => rate)],
    ['baseline of `effect`', scoresOf(rows, ({ without }) => without[2])],
  ]
  const extras = extrasOf(rows, names)
  const ways = WAYS.map(({ channel, localHour }, w) => {
    const tried = rows.flatMap((row) => (row.ways[w] === null ? [] : [row.ways[w]]))
    const said = names.map((_, c) => mean(tried.map((way) => way.said[c])))
    return { way: `${channel}, ${localHour} h`, users: tried.length, did: spread(tried.map((way) => way.did)), said }
  })
  const differences = ['top', 'all', 'net'].map((kind) =>
    spread(extras[0][kind].map((value, i) => value - extras[2][kind][i])),
  )
  process.stderr.write(
    `${name}: ${seconds(began)} s, learning ${visit.seconds} s (visit), ${effect.seconds} s (effect)\n`,
  )
  return {
    name,
    rows: rows.length,
    chances,
    extras: extras.map(({ top, all, net, ...rest }) => ({
      ...rest,
      top: spread(top),
      all: spread(all),
      net: spread(net),
    })),
    ways,
    differences,
    learning: [visit.seconds, effect.seconds],
  }
}

const results = flags.scenario.split(',').map(judgeScenario)

const chanceTable = table([
  ['world', 'P(visit in 24 h), nothing sent', 'log loss', 'Brier', 'said', 'came', 'calibration error'],
  ...results.flatMap(({ name, chances }) =>
    chances.map(([who, { logLoss, brier, said, came, calibrationError }]) => [
      name,
      who,
      figure(logLoss, 4),
      figure(brier, 4),
      figure(said),
      figure(came),
      figure(calibrationError, 4),
    ]),
  ),
])
const wayTable = table([
  ['world', 'way', 'users', 'true extra', 'visit', 'its hazard alone', 'effect'],
  ...results.flatMap(({ name, ways }) =>
    ways.map(({ way, users: count, did, said }) => [name, way, count, did, ...said.map((value) => figure(value, 4))]),
  ),
])
const extraTable = table([
  [
    'world',
    'model',
    'correlation with the truth',
    `gain, best way for the top ${100 * TOP_SHARE} %`,
    'gain, best way for all',
    `net of ${PRICE} a send`,
    'sent to',
  ],
  ...results.flatMap(({ name, extras, differences }) => [
    ...extras.map(({ name: who, correlation: r, top, all, net, shares }) => [
      ...[name, who, figure(r, 4), top, all, net],
      `${Math.round(100 * shares)} %`,
    ]),
    [name, 'visit − effect, paired', '', ...differences, ''],
  ]),
])

publish(
  {
    title: 'who would come anyway, and what a message adds',
    command: `npm run bench:visits -- --scenario ${flags.scenario} --users ${users} --days ${days} --test-users ${testUsers} --first-seed ${seed}${flags['log-counts'] ? ' --log-counts' : ''}`,
    machine: machine(),
    results,
    body: `${users} users and ${days} days of a random log to learn from; ${results.map(({ name, rows }) => `${rows} (${name})`).join(', ')} others on day ${TEST_DAY}, lived with nothing sent and once per way on the same chance.\n\n${chanceTable}\n\n${wayTable}\n\n${extraTable}`,
    remarks: [
      `Learning took ${results.map(({ name, learning }) => `${learning[0]} s with \`visit\`, ${learning[1]} s with \`effect\` (${name})`).join('; ')}.`,
    ],
  },
  flags,
)
