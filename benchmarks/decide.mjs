// One whole in-process decision against one GrowthBook feature evaluation, in the same process, in turn.
import { decide, hash53 } from '@paloma/core'
import { interleave } from './measure/interleave.mjs'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'
import { medianInterval, ratioInterval } from './measure/summary.mjs'
import { decisionScene, NOW } from './scenes/decisions.mjs'
import { growthBookEvaluations } from './scenes/growthbook.mjs'

const flags = flagsOf({
  rounds: { type: 'string', default: '300' },
  candidates: { type: 'string', default: '1,5,20,100' },
  // How objectives are modelled: 'effects', for which there are targets, or 'sends'.
  model: { type: 'string', default: 'effects' },
})
const rounds = Number(flags.rounds)
const BLOCK_MS = 4
const ACTION_FEATURES = 32
const TARGETS = { greedy: 2.5, squareCb: 2.5, thompson: 10 }

// What every call adds to, printed at the end: nothing may be optimised away.
let sink = 0

/** A decision as the server makes it: the draw from the decision's id, rules version and state. */
function decider({ requests }, snapshot) {
  return (i) => {
    const { decisionId: id, ...rest } = requests[i % requests.length]
    const decisionId = `${id}-${i}`
    const random = () => hash53(decisionId, snapshot.version, String(snapshot.state.id))
    const decision = decide(snapshot, { decisionId, ...rest }, { now: NOW, random })
    sink += decision.propensity + decision.chosen + decision.scores.length
  }
}

function evaluator(evaluate) {
  return (i) => {
    const result = evaluate(i)
    sink += (result.on ? 1 : 0) + (result.experimentResult?.variationId ?? 0)
  }
}

async function measure(candidates) {
  const scene = decisionScene(candidates, flags.model)
  if (flags.model === 'effects' && scene.actionWidth !== ACTION_FEATURES) {
    throw new RangeError(
      `heads must have ${ACTION_FEATURES} action features, got ${scene.actionWidth}: change the scene`,
    )
  }
  const evaluations = growthBookEvaluations(scene.requests.length)
  const contestants = {
    client: evaluator(evaluations.client),
    scoped: evaluator(evaluations.scoped),
    instance: evaluator(evaluations.instance),
    ...Object.fromEntries(Object.entries(scene.snapshots).map(([name, snapshot]) => [name, decider(scene, snapshot)])),
  }
  const { times, collections } = await interleave(contestants, { rounds, blockMs: BLOCK_MS, warmUpMs: 1_500 })
  if (evaluations.seen.exposures === 0) throw new Error('the GrowthBook experiment tracked no exposure')
  return Object.keys(scene.snapshots).map((policy) => ({
    candidates,
    policy,
    microseconds: scale(medianInterval(times[policy]), 1e-3),
    growthBookMicroseconds: scale(medianInterval(times.client), 1e-3),
    toClient: ratioInterval(times[policy], times.client),
    toScoped: ratioInterval(times[policy], times.scoped),
    toInstance: ratioInterval(times[policy], times.instance),
    collections,
  }))
}

function scale({ median, low, high, rounds: n }, by) {
  return { median: median * by, low: low * by, high: high * by, rounds: n }
}

const shown = ({ median, low, high }) => `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`

function bodyOf(results) {
  const head = [
    'policy, candidates',
    'µs per decision',
    'µs per evaluation',
    '× client',
    '× scoped',
    '× instance',
    'target',
  ]
  const rows = results.map((r) => [
    `${r.policy}, ${r.candidates}`,
    shown(r.microseconds),
    shown(r.growthBookMicroseconds),
    shown(r.toClient),
    r.toScoped.median.toFixed(2),
    r.toInstance.median.toFixed(2),
    targetOf(r),
  ])
  return table([head, ...rows])
}

function targetOf({ policy, candidates, toClient }) {
  const target = candidates === 20 && flags.model === 'effects' ? TARGETS[policy] : undefined
  if (target === undefined) return ''
  return `≤ ${target}: ${toClient.median <= target ? 'holds' : 'missed'}`
}

const before = machine()
const results = []
for (const candidates of flags.candidates.split(',').map(Number)) results.push(...(await measure(candidates)))
const last = results.at(-1).collections
publish(
  {
    title: `a decision in process against a GrowthBook evaluation${flags.model === 'sends' ? ', sends modelled' : ''}`,
    command: `npm run bench:decide -- --model ${flags.model}`,
    machine: before,
    body: bodyOf(results),
    remarks: [
      `CPU time; medians over ${rounds} interleaved rounds of ${BLOCK_MS} ms per contestant, 95 % bootstrap intervals. Garbage collection is in the times; in the last block of rounds ${last.count} collections took ${last.ms.toFixed(0)} ms. Checksum ${sink.toFixed(3)}.`,
    ],
    results,
  },
  flags,
)
