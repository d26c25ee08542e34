import { describe, expect, it } from 'vitest'
import sendsCase from '../../../spec/cases/policy-artifact-sends.json' with { type: 'json' }
import { decide, shapeOf } from './decide.ts'
import {
  type Decision,
  type HeadState,
  type Objective,
  type PolicyArtifact,
  PRESSURE_NAMES,
  type SlowHazards,
  type SlowResponse,
  type Snapshot,
} from './domain/index.ts'
import { chanceOf, learn, outcomeHeadOf, RESPONSE_HEAD, type RewardedExample, slowAnswersOf } from './learning/index.ts'
import { randomFrom } from './random/index.ts'
import { type InputRow, inputsOf, withArtifact } from './testing/artifact-scene.ts'
import { groupsOf, NOW, OBJECTIVES, person, requestOf, twoWordings } from './testing/decision-scene.ts'

const OUTCOMES = outcomeHeadOf('conversion')
const PUSH_DISABLED = 'send/loss/push/push-disabled'
const BATCH = 250
const SENDS: readonly Objective[] = [
  { ...OBJECTIVES[0]!, model: 'response', worth: 20 },
  { ...OBJECTIVES[1]!, model: 'hazard' },
]
const RANDOM = groupsOf('paloma', { kind: 'random', holdProbability: 0 })
const CASE = sendsCase as PolicyArtifact
const CONVERSION = CASE.objectives.conversion as SlowResponse
const HAZARDS = CASE.objectives.reachability as SlowHazards

/** Where a server without an artifact starts as well, so that patterns alone make the difference. */
const USUAL_LEVEL = -2.5

/** A world of frequent losses whose patterns differ much between sends and users, all turned around by a factor of −1. */
function worldOf(factor: number, level = USUAL_LEVEL): PolicyArtifact {
  const times = (weights: readonly number[]): readonly number[] => weights.map((weight) => factor * weight)
  const { answers, layers } = CASE
  const outcomes = { ...CONVERSION.outcomes!, level: 0, direct: times([0, -0.3, 1.2, 0.6]), out: times([-0.6, 1.8]) }
  const loss = { ...HAZARDS.losses.push!['push-disabled']!, pressure: [-1.5, 0, 0, 0, 0] }
  // The layers see the user alone here: `visits 7 d` is the only input of losses that differs.
  const losses = { push: { 'push-disabled': { ...loss, user: times([-2, 4]), out: [0, 0] } } }
  return {
    ...CASE,
    layers,
    answers: { ...answers!, level, direct: times([0, 0.4, 0.9, -0.6]), out: times([2.2, -1.4]) },
    objectives: { conversion: { ...CONVERSION, outcomes }, reachability: { ...HAZARDS, losses } },
  }
}

const TRUTH = worldOf(1)
const SCENE = withArtifact(TRUTH, { objectives: SENDS })

function sendResult(
  { learning }: Decision,
  inputs: InputRow,
  random: () => number,
): NonNullable<RewardedExample['send']> {
  const { logOdds } = slowAnswersOf(TRUTH, inputs)
  const { sent, baseline } = learning!
  const answers = logOdds.answers!
  const responded = random() < chanceOf(answers)
  const bought = random() < chanceOf(answers + logOdds['outcomes of conversion']!)
  const left = random() < chanceOf(logOdds['loss of push by push-disabled']!) && sent!.channel === 'push'
  return { sent: sent!, responded, own: bought ? 20 : 0, losses: left ? ['push-disabled'] : [], baseline }
}

/** −log likelihood of an answer. */
function surprise({ mean }: HeadState, { sent, responded }: NonNullable<RewardedExample['send']>): number {
  const logOdds = sent.action.reduce((sum, value, j) => sum + value * mean[j]!, 0)
  return -Math.log(chanceOf(responded ? logOdds : -logOdds))
}

interface Lived {
  readonly snapshot: Snapshot
  /** Mean surprise by answers, batch by batch, predicted before the batch was learned from. */
  readonly surprises: readonly number[]
}

/** Random sends in the world of `TRUTH`, the same whatever artifact is loaded, learned from in batches. */
function live(artifact: PolicyArtifact | null, batches: number): Lived {
  const random = randomFrom('answers beside a slow model')
  let snapshot: Snapshot = { ...withArtifact(artifact, { objectives: SENDS }), groups: RANDOM }
  const prior = snapshot.state
  const surprises: number[] = []
  for (let batch = 0; batch < batches; batch += 1) {
    let surprised = 0
    const examples = Array.from({ length: BATCH }, (): RewardedExample => {
      const opportunities = [twoWordings('a', { features: { score: random() } })]
      const someone = person({ traits: { orders: 8 * random() - 3 } })
      const visits = Array.from({ length: Math.floor(8 * random()) }, (_, k) => NOW - (k + 1) * 70_000_000)
      const user = { ...someone, history: { ...someone.history, visits: visits.reverse() } }
      const decision = decide(snapshot, requestOf(opportunities, { user }), { now: NOW, random })
      const send = sendResult(decision, inputsOf(SCENE, opportunities, decision, decision.chosen), random)
      surprised += surprise(snapshot.state.heads[RESPONSE_HEAD]!, send)
      const { baseline, centred } = decision.learning!
      return { features: [...baseline, ...centred], reward: send.own, send }
    })
    surprises.push(surprised / BATCH)
    const all = { examples, until: NOW }
    const gained = { [RESPONSE_HEAD]: all, conversion: all, reachability: all }
    snapshot = { ...snapshot, state: learn(snapshot.state, gained, { at: NOW, keep: 1, prior, objectives: SENDS }) }
  }
  return { snapshot, surprises }
}

/** The learned factor on what the artifact says. */
function factorOf({ snapshot }: Lived, head: string): number {
  const { answers, outcomes } = shapeOf(snapshot).encoder.slowLogOdds
  const column = head === RESPONSE_HEAD ? answers! : head === OUTCOMES ? outcomes.conversion! : PRESSURE_NAMES.length
  return snapshot.state.heads[head]!.mean[column]!
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

describe('learning beside a slow model of sends', () => {
  const cold = live(null, 16)
  const right = live(TRUTH, 16)
  const wrong = live(worldOf(-1), 16)

  it('starts ahead of a server that knows nothing where the artifact is right, and stays ahead', () => {
    expect(meanOf(right.surprises.slice(0, 2))).toBeLessThan(0.95 * meanOf(cold.surprises.slice(0, 2)))
    expect(meanOf(right.surprises)).toBeLessThan(meanOf(cold.surprises))
  })

  it.each([RESPONSE_HEAD, OUTCOMES, PUSH_DISABLED])('goes on believing one that is right: %s', (head) => {
    expect(Math.abs(factorOf(right, head) - 1)).toBeLessThan(0.25)
  })

  it.each([RESPONSE_HEAD, OUTCOMES, PUSH_DISABLED])('unlearns one that is wrong: %s', (head) => {
    expect(factorOf(wrong, head)).toBeLessThan(0.3)
  })

  it('comes back to what a server without the artifact knows, after the wrong one cost it something', () => {
    expect(meanOf(wrong.surprises.slice(0, 1))).toBeGreaterThan(1.1 * meanOf(cold.surprises.slice(0, 1)))
    expect(meanOf(wrong.surprises.slice(-4))).toBeLessThan(1.03 * meanOf(cold.surprises.slice(-4)))
  })

  it('finds its level where the artifact has another', () => {
    const high = live(worldOf(1, -0.5), 16)
    expect(meanOf(high.surprises.slice(0, 1))).toBeGreaterThan(1.2 * meanOf(right.surprises.slice(0, 1)))
    expect(meanOf(high.surprises.slice(-4))).toBeLessThan(1.03 * meanOf(right.surprises.slice(-4)))
  })
})
