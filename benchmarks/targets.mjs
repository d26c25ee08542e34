// Do prices keep what the owner wants kept? Paloma in the simulated world with and without a target, the same people and luck, drift included.
import { createWorld, runWorld, scenarioNamed } from '@paloma/core/simulation'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'
import { deskOf } from './world/desk.mjs'

const flags = flagsOf({
  scenario: { type: 'string', default: 'retail,retail-drift,news-drift' },
  seed: { type: 'string', default: '601' },
  users: { type: 'string', default: '1000' },
  days: { type: 'string', default: '150' },
  'log-days': { type: 'string', default: '21' },
  channel: { type: 'string', default: 'email' },
  /** Of what is sent without a target in the same days. */
  share: { type: 'string', default: '0.5' },
  measure: { type: 'string', default: 'sendsPerUserWeek' },
})
const [users, days, logDays, seed, share] = ['users', 'days', 'log-days', 'seed', 'share'].map((name) =>
  Number(flags[name]),
)
const { channel, measure } = flags
const DAY_MS = 86_400_000
const START_AT = Date.UTC(2026, 2, 2)
/** Prices have had so many days to arrive. */
const SETTLED_DAYS = 42

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

/** One life of a world: sends and losses on the channel by day, and the prices. */
function live(scenario, priceTargets) {
  const world = createWorld({ scenario: scenarioNamed(scenario), users, days, seed, startAt: START_AT })
  const [sends, losses] = [new Float64Array(days), new Float64Array(days)]
  const prices = []
  const onPrices = ({ target }) => prices.push(target)
  const desk = deskOf(world, { logDays, priceTargets, onPrices })
  const dayOf = (at) => Math.min(days - 1, Math.max(0, Math.floor((at - START_AT) / DAY_MS)))
  const lostBy = { push: ['pushDisabled', 'uninstalled'], email: ['emailUnsubscribed', 'emailSpam'] }[channel] ?? []
  const totals = runWorld(world, desk.choose, {
    observer: {
      onSend(send) {
        if (send.channel === channel) sends[send.day] += 1
      },
      onHappening(happening) {
        desk.observer.onHappening(happening)
        if (lostBy.includes(happening.kind)) losses[dayOf(happening.at)] += 1
      },
    },
  })
  return {
    sends,
    losses,
    prices,
    value: mean(totals.value),
    pushReach: mean(totals.pushReach),
    optOuts: mean(totals.optOuts),
  }
}

function measuredIn({ sends, losses }, from, until) {
  const sum = (values) => values.slice(from, until).reduce((all, value) => all + value, 0)
  if (measure === 'lossesPerThousandSends') return (1_000 * sum(losses)) / sum(sends)
  return (7 * sum(sends)) / (users * (until - from))
}

function compare(scenario) {
  const free = live(scenario, [])
  const from = logDays + SETTLED_DAYS
  const atMost = share * measuredIn(free, from, days)
  const kept = live(scenario, [{ name: 'target', measure, channel, atMost }])
  const weeks = Array.from({ length: Math.floor((days - from) / 7) }, (_, i) => from + 7 * i)
  const weekly = weeks.map((day) => measuredIn(kept, day, day + 7))
  process.stderr.write(`${scenario}: ${JSON.stringify({ atMost, weekly })}\n`)
  return {
    scenario,
    atMost,
    free: measuredIn(free, from, days),
    kept: measuredIn(kept, from, days),
    least: Math.min(...weekly),
    most: Math.max(...weekly),
    firstWeeks: [0, 1, 2, 3].map((week) => measuredIn(kept, logDays + 7 * week, logDays + 7 * week + 7)),
    price: kept.prices.at(-1)?.price ?? 0,
    gain: kept.prices.at(-1)?.gain ?? 1,
    freeTotals: { value: free.value, pushReach: free.pushReach, optOuts: free.optOuts },
    keptTotals: { value: kept.value, pushReach: kept.pushReach, optOuts: kept.optOuts },
  }
}

const rows = flags.scenario.split(',').map(compare)
const digits = (value, count = 2) => value.toFixed(count)
publish(
  {
    title: 'prices that keep a target',
    command: `npm run bench:targets -- --scenario ${flags.scenario} --seed ${seed} --users ${users} --days ${days} --measure ${measure} --channel ${channel} --share ${share}`,
    machine: machine(),
    figures: rows,
    body: table([
      [
        'world',
        'without',
        'target',
        'with, weeks 1 to 4',
        'after six weeks (least–most week)',
        'price',
        'value',
        'push reach',
        'opt-outs',
      ],
      ...rows.map(({ scenario, free, atMost, firstWeeks, kept, least, most, price, freeTotals: a, keptTotals: b }) => [
        scenario,
        digits(free),
        digits(atMost),
        firstWeeks.map((week) => digits(week)).join(', '),
        `${digits(kept)} (${digits(least)}–${digits(most)})`,
        digits(price, 4),
        `${digits(a.value)} → ${digits(b.value)}`,
        `${digits(a.pushReach, 3)} → ${digits(b.pushReach, 3)}`,
        `${digits(a.optOuts, 3)} → ${digits(b.optOuts, 3)}`,
      ]),
    ]),
    remarks: [
      `${measure} on ${channel}, at most ${share} times what is sent without a target; one seed, the same people and luck with and without. Prices move once the ${logDays} random days are over; the last columns are of all days, those included, ${days} in all.`,
    ],
  },
  flags,
)
