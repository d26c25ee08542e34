import { describe, expect, it } from 'vitest'
import { compileSnapshot } from './compiled-snapshot.ts'
import { decide, shapeOf } from './decide.ts'
import { chosenAction, type Decision, HOUR_MS, type Objective, type Snapshot } from './domain/index.ts'
import { contributionsOf, visitChancesOf } from './explain.ts'
import { exportArtifact } from './export-artifact.ts'
import { encodeAgain } from './features-to-learn.ts'
import { exampleOf, initialState, learn, learningTargets, visitHeadOf } from './learning/index.ts'
import { randomFrom } from './random/index.ts'
import { isSameDistribution, reweigh } from './reweigh.ts'
import {
  FEATURES,
  groupsOf,
  NOW,
  OBJECTIVES,
  person,
  RULES,
  requestOf,
  snapshotOf,
  twoWordings,
} from './testing/decision-scene.ts'

const VISITS: Objective = {
  name: 'visits',
  events: ['App Visited'],
  aggregate: 'any',
  windowHours: 24,
  unit: 'visits',
  weight: 1,
  model: 'visit',
  priorEffectSd: 0.03,
  noiseSd: 0.4,
}
const OFFERS = [twoWordings('a'), twoWordings('b', { features: { score: 0.1 } })]
const FRESH = { now: NOW, random: () => 0.999 }
const SLOTS = { ...RULES, slots: { localHours: [9, 19], horizonHours: 20 } }
const RANDOM = groupsOf('paloma', { kind: 'random', holdProbability: 0.5 })

/** Nothing learned yet. */
function fresh(over: Partial<Snapshot> = {}): Snapshot {
  const objectives = over.objectives ?? [VISITS]
  const parts = { features: FEATURES, objectives, rules: over.rules ?? RULES }
  return snapshotOf({ objectives, state: initialState(objectives, shapeOf(parts), NOW), ...over })
}

function place(decision: Decision, channel: string, later = false): number {
  return decision.actions.findIndex(
    (action) => action.kind === 'send' && action.channel === channel && action.sendAt > decision.at === later,
  )
}

describe('a decision that asks when the user comes by himself', () => {
  const snapshot = snapshotOf({ objectives: [VISITS, ...OBJECTIVES] })
  const decision = decide(snapshot, requestOf(OFFERS), FRESH)

  it('is the same record when it is made again, and reweighs to itself', () => {
    expect(decide(snapshot, requestOf(OFFERS), FRESH)).toEqual(decision)
    const { actions, logged, candidate } = reweigh(snapshot, decision, OFFERS)
    const same = { actions, probabilities: logged }
    expect(isSameDistribution(same, { actions, probabilities: candidate })).toBe(true)
  })

  it('values nothing at hold, and explains itself: contributions sum to score plus price', () => {
    expect(decision.values.visits).toMatchObject({ mean: expect.arrayContaining([0]) })
    for (const { mean, variance } of Object.values(decision.values)) expect([mean[0], variance[0]]).toEqual([0, 0])
    for (let i = 1; i < decision.actions.length; i += 1) {
      const sum = contributionsOf(snapshot, { ...decision, chosen: i }, OFFERS).reduce((s, c) => s + c.contribution, 0)
      expect(Math.abs(sum - (decision.scores[i]! + decision.prices[i]!))).toBeLessThan(1e-9)
    }
  })

  it('begins with what the hazard says: extra chance by push, more by a slot at which people are there, none in the app', () => {
    const start = fresh({ rules: SLOTS })
    const first = decide(start, requestOf(OFFERS), FRESH)
    const [push, inApp, later] = [place(first, 'push'), place(first, 'in-app'), place(first, 'push', true)]
    const { mean, variance } = first.values.visits!
    expect(mean[push]).toBeGreaterThan(0)
    expect(mean[inApp]).toBe(0)
    expect(variance[push]).toBeGreaterThan(0)
    expect(later).toBeGreaterThan(0)
    const head = start.state.heads[visitHeadOf('visits')]!
    const { encoder } = compileSnapshot(start)
    const evening = encoder.baselineNames.length + 5 // hour cosine: people of the night
    const nightly = { ...head, mean: head.mean.map((w, j) => (j === evening ? 2 : w)) }
    const heads = { ...start.state.heads, [visitHeadOf('visits')]: nightly }
    const night = decide({ ...start, state: { ...start.state, heads } }, requestOf(OFFERS), FRESH)
    const slot = (each: Decision): number => each.values.visits!.mean[later]! / each.values.visits!.mean[push]!
    const at = (first.actions[later] as { sendAt: number }).sendAt
    expect(new Date(at).getUTCHours()).not.toBe(new Date(NOW).getUTCHours())
    expect(slot(night)).not.toBeCloseTo(slot(first), 1)
  })

  it('keeps what its hazards learn from, the same under the same snapshot later on, and no more for other objectives', () => {
    const stored = new Map(OFFERS.map((each) => [each.id, each]))
    const { visit } = decision.learning!
    const { channels } = compileSnapshot(snapshot).visits!
    const send = chosenAction(decision)
    expect(visit!.sent).toEqual(channels.map((channel) => (send.kind === 'send' && send.channel === channel ? 1 : 0)))
    const logged = channels.map((channel) =>
      decision.actions.reduce(
        (sum, action, i) =>
          sum + (action.kind === 'send' && action.channel === channel ? decision.probabilities[i]! : 0),
        0,
      ),
    )
    visit!.chances.forEach((chance, i) => {
      expect(chance).toBeCloseTo(logged[i]!, 12)
    })
    expect(encodeAgain(snapshot, decision, stored)).toEqual(decision.learning)
    expect(decide(snapshotOf(), requestOf(OFFERS), FRESH).learning).not.toHaveProperty('visit')
  })

  it('says how likely the user comes anyway, and with what was chosen', () => {
    const push = place(decision, 'push')
    const [told] = visitChancesOf(snapshot, { ...decision, chosen: push })
    expect(told).toMatchObject({ objective: 'visits', windowHours: 24 })
    expect(told!.without).toBeGreaterThan(0)
    expect(told!.without).toBeLessThan(1)
    const extra = decision.values.visits!.mean[push]!
    expect(told!.withSend).toBeCloseTo(Math.max(0, Math.min(1, told!.without + extra)), 12)
    expect(visitChancesOf(snapshot, { ...decision, chosen: 0 })[0]!.withSend).toBeNull()
    expect(visitChancesOf(snapshotOf(), decision)).toEqual([])
  })

  it.each([24.5, 0, 169, Number.NaN])('refuses a window of %d hours', (windowHours) => {
    expect(() => fresh({ objectives: [{ ...VISITS, windowHours }] })).toThrow(
      `windowHours of visits must be a whole number from 1 to 168 for the model \`visit\`, got ${windowHours}`,
    )
  })

  it('is left out of an artifact, which may not be empty', () => {
    expect(Object.keys(exportArtifact(snapshot, 'rest').objectives)).toEqual(['conversion', 'reachability'])
    expect(() => exportArtifact(fresh(), 'nothing')).toThrow(/objectives of the model `visit`.*: visits/)
  })
})

describe('decisions that are learned from', () => {
  /** People of two kinds: who has come lately comes back by himself, the others come if they are called. */
  const regular = { visits: Array.from({ length: 20 }, (_, i) => NOW - (i + 0.3) * 30 * HOUR_MS).reverse() }
  const quiet = { visits: [NOW - 400 * HOUR_MS] }
  const CHANCE = { regular: { anyway: 0.7, brought: 0.1 }, quiet: { anyway: 0.15, brought: 0.25 } }
  const OFFER = [twoWordings('a', { channels: ['push'] })]
  const random = randomFrom('who comes when called')

  function userOf(kind: 'regular' | 'quiet') {
    const user = person()
    return { ...user, history: { ...user.history, ...(kind === 'regular' ? regular : quiet) } }
  }

  function liveThrough(snapshot: Snapshot, decisions: number): Snapshot {
    const [target] = learningTargets(snapshot.objectives)
    const examples = Array.from({ length: decisions }, (_, i) => {
      const kind = i % 2 === 0 ? 'regular' : 'quiet'
      const draw = random()
      const decision = decide(snapshot, requestOf(OFFER, { user: userOf(kind) }), { now: NOW, random: () => draw })
      const action = chosenAction(decision)
      const isPushed = action.kind === 'send' && action.channel === 'push'
      const comesAnyway = random() < CHANCE[kind].anyway
      const isBrought = isPushed && random() < CHANCE[kind].brought
      const comes = comesAnyway || isBrought
      const hours = Math.min(comesAnyway ? 24 * random() : 24, isBrought ? -Math.log2(random()) : 24)
      const at = NOW + HOUR_MS * Math.min(hours, 23.9)
      const outcome = { at, name: 'App Visited', values: { visits: 1 }, reachLoss: null, channel: null }
      return exampleOf(target!, { at: NOW, learning: decision.learning!, outcomes: comes ? [outcome] : [] })
    })
    const { state, objectives } = snapshot
    const options = { at: NOW, keep: 1, prior: state, objectives }
    return { ...snapshot, state: learn(state, { visits: { examples, until: NOW } }, options) }
  }

  it('teach that who comes anyway gains little by a message, and who does not gains much', () => {
    let learned = fresh({ groups: RANDOM })
    for (let batch = 0; batch < 4; batch += 1) learned = liveThrough(learned, 400)
    expect(learned.state.heads[visitHeadOf('visits')]!.n).toBeGreaterThan(1200)
    const told = (kind: 'regular' | 'quiet') => {
      const decision = decide(learned, requestOf(OFFER, { user: userOf(kind) }), FRESH)
      const push = place(decision, 'push')
      const chance = visitChancesOf(learned, { ...decision, chosen: push })[0]!
      return { anyway: chance.without, extra: decision.values.visits!.mean[push]! }
    }
    const [often, seldom] = [told('regular'), told('quiet')]
    expect(Math.abs(often.anyway - 0.7)).toBeLessThan(0.1)
    expect(Math.abs(seldom.anyway - 0.15)).toBeLessThan(0.1)
    expect(seldom.extra).toBeGreaterThan(0.1)
    expect(seldom.extra).toBeGreaterThan(1.5 * often.extra)
    const greedy = {
      ...learned,
      groups: groupsOf('paloma', { kind: 'greedy', floor: 0 }),
      prices: { 'channel:push': (often.extra + seldom.extra) / 2 },
    }
    const act = (kind: 'regular' | 'quiet') =>
      chosenAction(decide(greedy, requestOf(OFFER, { user: userOf(kind) }), FRESH)).kind
    expect([act('regular'), act('quiet')]).toEqual(['hold', 'send'])
  })

  it('teach the regression alone where nothing was kept for the hazard', () => {
    const snapshot = fresh({ groups: RANDOM })
    const decision = decide(snapshot, requestOf(OFFER), FRESH)
    const { visit: _, ...learning } = decision.learning!
    const [target] = learningTargets(snapshot.objectives)
    const example = exampleOf(target!, { at: NOW, learning, outcomes: [] })
    expect(example.visit).toBeNull()
    const options = { at: NOW, keep: 1, prior: snapshot.state, objectives: snapshot.objectives }
    const { heads } = learn(snapshot.state, { visits: { examples: [example], until: NOW } }, options)
    expect([heads.visits!.n, heads[visitHeadOf('visits')]!.n]).toEqual([1, 0])
  })
})
