// What each part of an in-process decision costs, where it stands: contestants stop ever later on the way from request to record.
import { decide, hash53 } from '@paloma/core'
import { compileSnapshot, scratchFor } from '../packages/core/dist/compiled-snapshot.js'
import { eligibleCandidates } from '../packages/core/dist/eligibility/index.js'
import { evaluate } from '../packages/core/dist/evaluate.js'
import { assign } from '../packages/core/dist/experiment/index.js'
import { featureContext } from '../packages/core/dist/features/index.js'
import { featuresToLearn } from '../packages/core/dist/features-to-learn.js'
import { predictActions } from '../packages/core/dist/learning/index.js'
import { aheadOf } from '../packages/core/dist/look-ahead.js'
import { distributionFor, sampleIndex } from '../packages/core/dist/policy/index.js'
import { interleave } from './measure/interleave.mjs'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'
import { medianInterval } from './measure/summary.mjs'
import { decisionScene, NOW } from './scenes/decisions.mjs'
import { growthBookEvaluations } from './scenes/growthbook.mjs'

const flags = flagsOf({
  rounds: { type: 'string', default: '300' },
  policy: { type: 'string', default: 'greedy' },
  // So many take turns; few of them stay in the caches.
  users: { type: 'string', default: '256' },
})
const [rounds, users] = [Number(flags.rounds), Number(flags.users)]
const BLOCK_MS = 4

const { requests, snapshots } = decisionScene(20)
const snapshot = snapshots[flags.policy]
if (snapshot === undefined) {
  throw new RangeError(`policy must be one of ${Object.keys(snapshots).join(', ')}, got ${flags.policy}`)
}
const { policy } = snapshot.groups.paloma

// What the steps of one decision hand on, and what every call adds to: nothing may be optimised away.
const s = {
  ...{ request: null, draw: 0, parts: null, group: '', screened: null, context: null, scratch: null, columns: null },
  ...{ probabilities: null, chosen: 0, learning: null, decision: null },
}
let sink = 0

const STEPS = {
  request(i) {
    const { decisionId: id, ...rest } = requests[i % users]
    s.request = { decisionId: `${id}-${i}`, ...rest }
  },
  draw() {
    s.draw = hash53(s.request.decisionId, snapshot.version, String(snapshot.state.id))
  },
  group() {
    s.parts = compileSnapshot(snapshot)
    s.group = assign(snapshot.groupSalt, s.request.user.profile.userId, s.parts.shares)
  },
  eligibility() {
    const { user, opportunities, trigger } = s.request
    s.screened = eligibleCandidates({ user, opportunities, rules: snapshot.rules, now: NOW, trigger })
  },
  history() {
    const { user, context } = s.request
    s.context = featureContext(user, { now: NOW, context }, snapshot.rules.timeZone)
    s.scratch = scratchFor(s.parts, s.screened.eligible.length + 1)
    s.parts.encoder.encodeBaseline(s.context, s.scratch.baseline)
  },
  features() {
    s.parts.encoder.encodeActions(s.context, s.screened.eligible, s.scratch.rows)
  },
  prediction() {
    const { fullRows, mean, variance } = s.scratch
    predictActions(s.parts.heads, fullRows, { rows: s.screened.eligible.length + 1, first: 1, mean, variance })
  },
  values() {
    const { parts, context, scratch, request } = s
    const ahead = aheadOf(parts.ahead, { context, history: request.user.history, baseline: scratch.baseline })
    s.columns = evaluate(parts, { context, scratch, ahead }, s.screened)
  },
  choice() {
    const { actions, scores, variances, claimed } = s.columns
    const { decisionId, user } = s.request
    const scene = { decisionId, user, now: NOW, zone: s.context.zone, learned: s.parts.learned }
    s.probabilities = distributionFor(
      policy,
      { actions, scores, variances, claimed, ...scene },
      s.scratch.probabilities,
    )
    s.chosen = sampleIndex(s.probabilities, s.draw)
  },
  learning() {
    const { columns, probabilities, chosen, scratch } = s
    const choice = { columns, probabilities, chosen, now: NOW, scratch, offers: null }
    s.learning = featuresToLearn(s.parts, s.context, choice)
  },
  decide() {
    const random = () => hash53(s.request.decisionId, snapshot.version, String(snapshot.state.id))
    s.decision = decide(snapshot, s.request, { now: NOW, random })
  },
}

const BEFORE_VALUES = ['request', 'draw', 'group', 'eligibility', 'history']
/** What is new in each, and the steps it takes; values take features and prediction in themselves. */
const PARTS = [
  ['request and id', ['request']],
  ['the uniform number', ['request', 'draw']],
  ['group', ['request', 'draw', 'group']],
  ['eligibility', ['request', 'draw', 'group', 'eligibility']],
  ['history', BEFORE_VALUES],
  ['features', [...BEFORE_VALUES, 'features']],
  ['means and variances', [...BEFORE_VALUES, 'features', 'prediction']],
  ['values, prices, scores', [...BEFORE_VALUES, 'values']],
  ['distribution and draw', [...BEFORE_VALUES, 'values', 'choice']],
  ['what is learned from', [...BEFORE_VALUES, 'values', 'choice', 'learning']],
  ['record and the rest', ['request', 'decide']],
]

function contestant(names) {
  const steps = names.map((name) => STEPS[name])
  return (i) => {
    for (let k = 0; k < steps.length; k += 1) steps[k](i)
    sink += s.chosen + s.request.opportunities.length
  }
}

const shown = ({ median, low, high }) => `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`

const before = machine()
const { client } = growthBookEvaluations(users)
const contestants = {
  client: (i) => {
    sink += client(i).on ? 1 : 0
  },
  ...Object.fromEntries(PARTS.map(([part, names]) => [part, contestant(names)])),
}
const { times } = await interleave(contestants, { rounds, blockMs: BLOCK_MS, warmUpMs: 3_000 })
const results = PARTS.map(([part], k) => {
  const earlier = k === 0 ? undefined : times[PARTS[k - 1][0]]
  const [own, all] = [[], []]
  times[part].forEach((ns, round) => {
    own.push((ns - (earlier?.[round] ?? 0)) / times.client[round])
    all.push(ns / times.client[round])
  })
  return { part, own: medianInterval(own), all: medianInterval(all) }
})
const body = table([
  ['part', '× client', 'up to here'],
  ...results.map(({ part, own, all }) => [part, shown(own), shown(all)]),
])
const evaluation = medianInterval(times.client)
publish(
  {
    title: 'a decision in process, part by part',
    command: `npm run bench:decide-parts -- --policy ${flags.policy} --users ${users}`,
    machine: before,
    body,
    remarks: [
      `20 candidates; CPU time, medians over ${rounds} interleaved rounds of ${BLOCK_MS} ms, 95 % bootstrap intervals; an evaluation took ${(evaluation.median * 1e-3).toFixed(2)} µs. Checksum ${sink}.`,
    ],
    results,
  },
  flags,
)
