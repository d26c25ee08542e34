import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import artifactCase from '../../../spec/cases/policy-artifact.json' with { type: 'json' }
import { decide } from './decide.ts'
import type { Decision, Objective, PolicyArtifact, SlowEffect, Snapshot } from './domain/index.ts'
import { contributionsOf } from './explain.ts'
import { exportArtifact } from './export-artifact.ts'
import { learn, type RewardedExample, runArtifactChecks, slowAnswersOf } from './learning/index.ts'
import { normalQuantile } from './numeric/index.ts'
import { randomFrom } from './random/index.ts'
import { inputsOf, withArtifact } from './testing/artifact-scene.ts'
import { NOW, OBJECTIVES, person, requestOf, snapshotOf, twoWordings } from './testing/decision-scene.ts'

const ARTIFACT = artifactCase as PolicyArtifact
const EFFECT = ARTIFACT.objectives.conversion as SlowEffect

const [CONVERSION, REACH] = OBJECTIVES as readonly [Objective, Objective]
const TWO = [twoWordings('a'), twoWordings('b', { features: { score: 0.1 } })]
const FRESH = { now: NOW, random: () => 0.999 }
const FIRST: Decision = decide(withArtifact(ARTIFACT), requestOf(TWO), FRESH)

function valuesOf({ values }: Decision, objective: string): readonly number[] {
  return values[objective]!.mean
}

function changed(over: Partial<PolicyArtifact>): PolicyArtifact {
  return { ...ARTIFACT, ...over }
}

describe('a slow model', () => {
  it('gives what plain formulas in Python give', () => {
    expect(ARTIFACT.checks).toHaveLength(6)
    for (const check of ARTIFACT.checks) {
      expect(slowAnswersOf(ARTIFACT, check).effects.conversion).toBeCloseTo(check.effects.conversion!, 12)
    }
    expect(() => runArtifactChecks(ARTIFACT)).not.toThrow()
  })

  it('has no effect for hold, whoever it is', () => {
    const numbers = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 2 })
    fc.assert(
      fc.property(
        numbers,
        (baseline) => slowAnswersOf(ARTIFACT, { baseline, action: [0, 0, 0, 0] }).effects.conversion === 0,
      ),
    )
  })

  it('is linear in its direct weights', () => {
    const row = { baseline: [1, 0.4], action: [1, 0, 0.7, -0.2] }
    const twice = { ...EFFECT, direct: EFFECT.direct.map((w) => 2 * w), out: [0, 0] }
    const found = slowAnswersOf(changed({ objectives: { conversion: twice } }), row).effects.conversion!
    expect(found).toBeCloseTo(2 * (0.2 + 0.05 * 0.7 - 0.3 * 0.2), 12)
  })

  it.each([
    ['a weight', { layers: ARTIFACT.layers.map((layer) => ({ ...layer, bias: layer.bias.map((b) => b + 0.01) })) }],
    ['an activation', { layers: ARTIFACT.layers.map((layer) => ({ ...layer, activation: 'relu' as const })) }],
  ])('notices by its checks that %s is another', (_what, over) => {
    expect(() => runArtifactChecks(changed(over))).toThrow(
      /check \d of the artifact case: the effect on conversion is -?\d.*, expected -?\d/,
    )
  })
})

describe('a decision with an artifact that nothing was learned beside', () => {
  it('values every action as the slow model does, and hold as nothing', () => {
    const snapshot = withArtifact(ARTIFACT)
    expect(FIRST.actions.length).toBeGreaterThan(4)
    for (let i = 0; i < FIRST.actions.length; i += 1) {
      const said = slowAnswersOf(ARTIFACT, inputsOf(snapshot, TWO, FIRST, i)).effects.conversion!
      expect(FIRST.values.conversion!.mean[i]).toBeCloseTo(said, 12)
    }
    expect(new Set(FIRST.values.conversion!.mean.map((mean) => mean.toFixed(6))).size).toBeGreaterThan(4)
  })

  it('leaves objectives alone of which the artifact says nothing', () => {
    const plain = decide(withArtifact(null), requestOf(TWO), FRESH)
    expect(valuesOf(FIRST, 'reachability')).toEqual(valuesOf(plain, 'reachability'))
  })

  it('explains itself: the slow model stands among the contributions, which sum to score plus price', () => {
    const snapshot = withArtifact(ARTIFACT)
    for (let i = 1; i < FIRST.actions.length; i += 1) {
      const contributions = contributionsOf(snapshot, { ...FIRST, chosen: i }, TWO)
      const sum = contributions.reduce((s, { contribution }) => s + contribution, 0)
      expect(sum).toBeCloseTo(FIRST.scores[i]! + FIRST.prices[i]!, 12)
      expect(contributions.map(({ feature }) => feature)).toContain('slow model of conversion')
    }
  })

  it('works beside models of single sends, which take other objectives', () => {
    const visits: Objective = { ...CONVERSION, name: 'visits', events: ['Visited'], model: 'response', worth: 1 }
    const objectives = [CONVERSION, visits, { ...REACH, model: 'hazard' as const }]
    const snapshot = withArtifact(ARTIFACT, { objectives })
    const decision = decide(snapshot, requestOf(TWO), FRESH)
    const without = decide(withArtifact(null, { objectives }), requestOf(TWO), FRESH)
    expect(valuesOf(decision, 'visits')).toEqual(valuesOf(without, 'visits'))
    for (let i = 1; i < decision.actions.length; i += 1) {
      const said = slowAnswersOf(ARTIFACT, inputsOf(snapshot, TWO, decision, i)).effects.conversion!
      expect(decision.values.conversion!.mean[i]).toBeCloseTo(said, 12)
    }
  })
})

describe('learning beside a slow model', () => {
  /** Rewards whose effects are `factor` times what the slow model says. */
  function learnedFrom(factor: number): Snapshot {
    const random = randomFrom('rewards beside a slow model')
    const snapshot = withArtifact(ARTIFACT, { objectives: [{ ...CONVERSION, noiseSd: 0.5 }, REACH] })
    const examples: RewardedExample[] = []
    for (let i = 0; i < 4_000; i += 1) {
      const opportunities = [twoWordings('a', { features: { score: random() } })]
      const user = person({ traits: { orders: 6 * random() - 2 } })
      const decision = decide(snapshot, requestOf(opportunities, { user }), { now: NOW, random })
      const { baseline, centred } = decision.learning!
      const inputs = inputsOf(snapshot, opportunities, decision, decision.chosen)
      const effect = factor * slowAnswersOf(ARTIFACT, inputs).effects.conversion!
      const noise = 0.5 * normalQuantile(Math.min(1 - 1e-9, Math.max(1e-9, random())))
      examples.push({ features: [...baseline, ...centred], reward: 1 + effect + noise })
    }
    const { state, objectives } = snapshot
    const options = { at: NOW, keep: 1, prior: state, objectives }
    return { ...snapshot, state: learn(state, { conversion: { examples, until: NOW } }, options) }
  }

  const valuesIn = (snapshot: Snapshot): readonly number[] =>
    decide(snapshot, requestOf(TWO), FRESH).values.conversion!.mean

  /** Regression of values on what the slow model says. */
  function slopeIn(snapshot: Snapshot): number {
    const said = FIRST.values.conversion!.mean
    const values = valuesIn(snapshot)
    const both = said.reduce((sum, x, i) => sum + x * values[i]!, 0)
    return both / said.reduce((sum, x) => sum + x * x, 0)
  }

  it('believes a model that is right, and finds that one is not by its factor', () => {
    expect(Math.abs(slopeIn(learnedFrom(1)) - 1)).toBeLessThan(0.2)
    expect(slopeIn(learnedFrom(0.3))).toBeLessThan(0.55)
    expect(slopeIn(learnedFrom(-1))).toBeLessThan(-0.5)
  })

  it('exports what it learned, artifact and residual in one, so that another server starts there', () => {
    const learned = learnedFrom(0.3)
    const exported = exportArtifact(learned, 'next')
    runArtifactChecks(exported)
    const other = withArtifact(exported)
    const [here, there] = [valuesIn(learned), valuesIn(other)]
    expect(here).not.toEqual(FIRST.values.conversion!.mean)
    for (let i = 0; i < here.length; i += 1) expect(there[i]).toBeCloseTo(here[i]!, 10)
    expect(exported.layers).toHaveLength(ARTIFACT.layers.length)
    expect((exported.objectives.conversion as SlowEffect).residualSd).toBeGreaterThanOrEqual(
      0.1 * CONVERSION.priorEffectSd!,
    )
  })

  it('exports linear effects where there was no artifact', () => {
    const learned = snapshotOf()
    const exported = exportArtifact(learned, 'first')
    expect(exported.layers).toEqual([])
    expect(Object.keys(exported.objectives)).toEqual(['conversion', 'reachability'])
    const [here, there] = [valuesIn(learned), valuesIn(withArtifact(exported))]
    for (let i = 0; i < here.length; i += 1) expect(there[i]).toBeCloseTo(here[i]!, 10)
  })
})

describe('an artifact that does not fit', () => {
  const columns = (name: string, meaning: string) =>
    changed({
      inputs: {
        ...ARTIFACT.inputs,
        action: ARTIFACT.inputs.action.map((c) => (c.name === name ? { name, meaning } : c)),
      },
    })

  it.each([
    [
      'another encoder',
      changed({ encoding: 1 }),
      'made by version 1 of the encoder, the server has 2',
      '/artifact/encoding',
    ],
    [
      'a column that is not there',
      changed({
        inputs: { ...ARTIFACT.inputs, baseline: [{ name: 'user.age', meaning: '' }, ARTIFACT.inputs.baseline[1]!] },
      }),
      'it needs the column "user.age", which the server does not have',
      '/artifact/inputs/baseline/0',
    ],
    [
      'a feature that is read differently',
      columns('user.orders', '["number","user","orders",5,2,false,null]'),
      'the column "user.orders" means ["number","user","orders",5,2,false,null] there and ["number","user","orders",1,2,false,null] on the server',
      '/artifact/inputs/action/2',
    ],
    [
      'an objective that is not there',
      changed({ objectives: { profit: EFFECT } }),
      'it speaks of the objective "profit", the server has conversion, reachability',
      '/artifact/objectives/profit',
    ],
    [
      'another window',
      changed({ objectives: { conversion: { ...EFFECT, windowHours: 24 } } }),
      '"windowHours":24',
      '/artifact/objectives/conversion',
    ],
  ])('is refused: %s', (_what, artifact, message, pointer) => {
    expect(() => withArtifact(artifact)).toThrow(expect.objectContaining({ code: 'ARTIFACT_MISMATCH', pointer }))
    expect(() => withArtifact(artifact)).toThrow(message)
  })

  it('is refused for an objective that is estimated by another model', () => {
    const objectives = [{ ...CONVERSION, model: 'response' as const }, REACH]
    expect(() => withArtifact(ARTIFACT, { objectives })).toThrow(
      '"conversion" is estimated by the model `effect` there and by `response` here',
    )
  })

  it('leaves states that were learned beside another artifact alone', () => {
    const { state } = withArtifact(ARTIFACT)
    const other = changed({ objectives: { conversion: { ...EFFECT, scaleSd: 0.2 } } })
    expect(() => decide({ ...snapshotOf({ artifact: other }), state }, requestOf(TWO), FRESH)).toThrow(
      expect.objectContaining({ code: 'SCHEMA_CHANGED' }),
    )
  })
})
