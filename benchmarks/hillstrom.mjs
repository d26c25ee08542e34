// Whom an e-mail moves, and whether choosing by user beats one e-mail for everybody, on the experiment of 2008.
import { compareWithBestFixed, predictEffect, qiniCoefficient, upliftAt } from '@paloma/core'
import { foldsOf, LEARNER, learnEffects, rowsWhere, scoresOf } from './hillstrom/learn-effects.mjs'
import { ACTIONS, readCampaign } from './hillstrom/read-campaign.mjs'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'

const flags = flagsOf({ repeats: { type: 'string', default: '2' }, share: { type: 'string', default: '0.3' } }, [
  'FILE',
])
const FOLDS = 5
const LEVEL = 0.95
const TARGETS = { 'Womens E-Mail': { qini: 0.06, uplift: 0.072 } }
const campaign = readCampaign(flags.positionals[0])
const repeats = Array.from({ length: Number(flags.repeats) }, (_, i) => i + 1)
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
const spread = (values) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)))

/** Qini and uplift of one e-mail against none, on folds that the learner did not see. */
function ranking(name) {
  const action = ACTIONS.indexOf(name)
  const pair = rowsWhere(
    campaign,
    (i) => campaign.actions[i] === 0 || campaign.actions[i] === action,
    (chosen) => (chosen === 0 ? 0 : 1),
  )
  const folds = repeats.flatMap((repeat) => {
    const foldOf = foldsOf(pair.actions.length, `${name} ${repeat}`)
    return Array.from({ length: FOLDS }, (_, fold) => judge(pair, foldOf, { fold, key: `${name} ${repeat} ${fold}` }))
  })
  process.stderr.write(`${name}: done\n`)
  return {
    action: name,
    qini: mean(folds.map(({ qini }) => qini)),
    qiniSpread: spread(folds.map(({ qini }) => qini)),
    uplift: mean(folds.map(({ uplift }) => uplift)),
    upliftSpread: spread(folds.map(({ uplift }) => uplift)),
    rounds: folds.map(({ rounds }) => rounds),
    target: TARGETS[name] ?? null,
  }
}

function judge(pair, foldOf, { fold, key }) {
  const [effect] = learnEffects(
    rowsWhere(pair, (i) => foldOf[i] !== fold),
    [0.5, 0.5],
    key,
  )
  const test = rowsWhere(pair, (i) => foldOf[i] === fold)
  const scores = Float64Array.from(test.features, (row) => predictEffect(effect, row))
  const data = { scores, treated: test.actions, responded: test.rewards }
  return { qini: qiniCoefficient(data), uplift: upliftAt(data, Number(flags.share)), rounds: effect.rounds }
}

/** For every customer the action with the largest expected effect, learned without his fold. */
function choose(repeat) {
  const foldOf = foldsOf(campaign.actions.length, `choice ${repeat}`)
  const choices = new Int32Array(campaign.actions.length)
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const effects = learnEffects(
      rowsWhere(campaign, (i) => foldOf[i] !== fold),
      [1 / 3, 1 / 3, 1 / 3],
      `choice ${repeat} ${fold}`,
    )
    for (let i = 0; i < choices.length; i += 1) {
      if (foldOf[i] !== fold) continue
      const values = [0, ...effects.map((effect) => predictEffect(effect, campaign.features[i]))]
      choices[i] = values.indexOf(Math.max(...values))
    }
  }
  return choices
}

const rankings = ['Womens E-Mail', 'Mens E-Mail'].map(ranking)
const scores = scoresOf(campaign, [1 / 3, 1 / 3, 1 / 3], 'value')
const comparison = compareWithBestFixed(scores, choose(1), LEVEL)
const best = ACTIONS[comparison.best]
const show = (estimate) =>
  estimate.kind === 'estimate'
    ? `${estimate.mean.toFixed(4)} [${estimate.low.toFixed(4)}, ${estimate.high.toFixed(4)}]`
    : `${estimate.mean} (${estimate.reason})`

publish(
  {
    title: 'whom an e-mail moves (Hillstrom 2008)',
    command: `npm run bench:hillstrom -- FILE --repeats ${flags.repeats} --share ${flags.share}`,
    machine: machine(),
    learner: LEARNER,
    rankings,
    comparison: { ...comparison, best },
    body: table([
      ['e-mail against none, visit', 'normalised Qini', `uplift at ${flags.share}`, 'rounds', 'targets'],
      ...rankings.map(({ action, qini, qiniSpread, uplift, upliftSpread, rounds, target }) => [
        action,
        `${qini.toFixed(4)} (sd of folds ${qiniSpread.toFixed(4)})`,
        `${uplift.toFixed(4)} (${upliftSpread.toFixed(4)})`,
        rounds.join(' '),
        target === null ? '' : `≥ ${target.qini}, ≥ ${target.uplift}`,
      ]),
    ]),
    remarks: [
      `Visits per customer, 95 %: ${comparison.actions.map((value, i) => `${ACTIONS[i]} ${show(value)}`).join(', ')}; chosen by user ${show(comparison.chosen)}.`,
      `Against ${best} for everybody: ${show(comparison.gain)}: ${comparison.verdict}.`,
    ],
  },
  flags,
)
