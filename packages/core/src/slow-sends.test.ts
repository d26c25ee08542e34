import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import effectsCase from '../../../spec/cases/policy-artifact.json' with { type: 'json' }
import sendsCase from '../../../spec/cases/policy-artifact-sends.json' with { type: 'json' }
import { decide, shapeOf } from './decide.ts'
import type { HeadState, Objective, PolicyArtifact, SlowHazards, SlowResponse, Snapshot } from './domain/index.ts'
import { contributionsOf, slowSharesOf } from './explain.ts'
import { exportArtifact } from './export-artifact.ts'
import { chanceOf, lossChance, runArtifactChecks, slowAnswersOf } from './learning/index.ts'
import { lookAheadOf } from './look-ahead.ts'
import { inputsOf, withArtifact } from './testing/artifact-scene.ts'
import { NOW, OBJECTIVES, requestOf, snapshotOf, twoWordings } from './testing/decision-scene.ts'

const ARTIFACT = sendsCase as PolicyArtifact
const CONVERSION = ARTIFACT.objectives.conversion as SlowResponse
const HAZARDS = ARTIFACT.objectives.reachability as SlowHazards
const SENDS: readonly Objective[] = [
  { ...OBJECTIVES[0]!, model: 'response', worth: 40, habit: 0.02, traced: { push: 0.5 } },
  { ...OBJECTIVES[1]!, model: 'hazard' },
]
const TWO = [twoWordings('a'), twoWordings('b', { features: { score: 0.1 } })]
const FRESH = { now: NOW, random: () => 0.999 }
const PUSH_DISABLED = 'send/loss/push/push-disabled'

const over = { objectives: SENDS }
const SNAPSHOT = withArtifact(ARTIFACT, over)
const FIRST = decide(SNAPSHOT, requestOf(TWO), FRESH)
const COLD = withArtifact(null, over)

function changed(parts: Partial<PolicyArtifact>): PolicyArtifact {
  return { ...ARTIFACT, ...parts }
}

/** A response objective of which nothing is told. */
const SILENT: SlowResponse = {
  model: 'response',
  events: CONVERSION.events,
  aggregate: CONVERSION.aggregate,
  valueProperty: CONVERSION.valueProperty,
  windowHours: CONVERSION.windowHours,
}

describe('a slow model of sends and losses', () => {
  it('gives what plain formulas in Python give', () => {
    expect(ARTIFACT.checks).toHaveLength(6)
    for (const check of ARTIFACT.checks) {
      const { effects, logOdds } = slowAnswersOf(ARTIFACT, check)
      expect(Object.keys(logOdds).sort()).toEqual(Object.keys(check.logOdds!).sort())
      expect(effects.conversion).toBeCloseTo(check.effects.conversion!, 12)
      for (const [name, value] of Object.entries(logOdds)) expect(value).toBeCloseTo(check.logOdds![name]!, 12)
    }
    expect(() => runArtifactChecks(ARTIFACT)).not.toThrow()
  })

  it.each([
    ['the level of answers', { answers: { ...ARTIFACT.answers!, level: -2 } }, 'the log odds of answers is'],
    [
      'what outcomes are left out of checks',
      { checks: [{ ...ARTIFACT.checks[0]!, logOdds: { answers: ARTIFACT.checks[0]!.logOdds!.answers! } }] },
      /the log odds of outcomes of conversion is -?\d.*, expected a number/,
    ],
  ])('notices by its checks that %s is another', (_what, parts, message) => {
    expect(() => runArtifactChecks(changed(parts))).toThrow(message)
  })
})

describe('a decision with an artifact of sends that nothing was learned beside', () => {
  it('expects of every send what the artifact says', () => {
    const factors: Readonly<Record<string, number>> = { push: 1.4, 'in-app': 1 }
    const traced: Readonly<Record<string, number>> = { push: 0.5, 'in-app': 1 }
    expect(FIRST.actions.length).toBeGreaterThan(4)
    for (const [i, action] of FIRST.actions.entries()) {
      if (action.kind === 'hold') continue
      const { effects, logOdds } = slowAnswersOf(ARTIFACT, inputsOf(SNAPSHOT, TWO, FIRST, i))
      const chance = chanceOf(logOdds.answers! + logOdds['outcomes of conversion']!)
      const expected = chance * 18.5 + chanceOf(logOdds.answers!) * 0.02 * traced[action.channel]!
      const value = factors[action.channel]! * expected + effects.conversion!
      expect(FIRST.values.conversion!.mean[i]).toBeCloseTo(value, 12)
    }
    expect(new Set(FIRST.values.conversion!.mean.map((mean) => mean.toFixed(6))).size).toBeGreaterThan(4)
  })

  it('has the losses of the artifact, and usual ones where it says nothing', () => {
    const push = FIRST.actions.findIndex((action) => action.kind === 'send' && action.channel === 'push')
    const { logOdds } = slowAnswersOf(ARTIFACT, inputsOf(SNAPSHOT, TWO, FIRST, push))
    const { losses } = FIRST
    expect(losses.push!['push-disabled']).toBeCloseTo(chanceOf(logOdds['loss of push by push-disabled']!), 14)
    expect(losses.push!.uninstalled).toBeCloseTo(chanceOf(logOdds['loss of push by uninstalled']!), 14)
    expect(losses['in-app']).toEqual(decide(COLD, requestOf(TWO), FRESH).losses['in-app'])
  })

  it('is the same record when it is made again, and leaves one without an artifact alone', () => {
    expect(decide(SNAPSHOT, requestOf(TWO), FRESH)).toEqual(FIRST)
    const { answers: _, ...rest } = changed({ objectives: { conversion: SILENT } })
    const [plain, beside] = [COLD, withArtifact(rest, over)].map((each) => decide(each, requestOf(TWO), FRESH))
    expect(beside).toEqual(plain)
  })

  it('explains itself: contributions sum to score plus price, and the slow model has a share in every chance', () => {
    for (let i = 1; i < FIRST.actions.length; i += 1) {
      const decision = { ...FIRST, chosen: i }
      const sum = contributionsOf(SNAPSHOT, decision, TWO).reduce((s, { contribution }) => s + contribution, 0)
      expect(sum).toBeCloseTo(FIRST.scores[i]! + FIRST.prices[i]!, 10)
      const { logOdds } = slowAnswersOf(ARTIFACT, inputsOf(SNAPSHOT, TWO, FIRST, i))
      const [answers, outcomes, ...losses] = slowSharesOf(SNAPSHOT, decision, TWO)
      expect(answers).toMatchObject({ of: 'answers', factor: 1 })
      expect(answers!.factorSd).toBeCloseTo(0.3, 12)
      expect(answers!.logOdds).toBeCloseTo(logOdds.answers! - ARTIFACT.answers!.level, 12)
      expect(outcomes!.of).toBe('outcomes of conversion')
      const action = FIRST.actions[i]!
      const isPush = action.kind === 'send' && action.channel === 'push'
      const told = ['loss of push by push-disabled', 'loss of push by uninstalled']
      expect(losses.map(({ of }) => of).sort()).toEqual(isPush ? told : [])
    }
    expect(slowSharesOf(SNAPSHOT, { ...FIRST, chosen: 0 }, TWO)).toEqual([])
    expect(slowSharesOf(COLD, decide(COLD, requestOf(TWO), FRESH), TWO)).toEqual([])
  })

  it('charges for fatigue as the artifact says, where it is direct', () => {
    const ahead = [{ ...SENDS[0]!, lookAheadDays: 14 }, SENDS[1]!]
    const tiringIn = (artifact: PolicyArtifact | null): number => {
      const snapshot = withArtifact(artifact, { objectives: ahead })
      return lookAheadOf(snapshot, shapeOf(snapshot).encoder)!.later.push![0]!.tiring
    }
    const fatigue = (weight: number): PolicyArtifact => {
      const inputs = { ...ARTIFACT.inputs, action: [{ name: 'fatigue on push', meaning: '' }] }
      const answers = { ...ARTIFACT.answers!, direct: [weight], out: [] }
      return changed({ inputs, layers: [], answers, objectives: {} })
    }
    expect(tiringIn(fatigue(-0.28))).toBeCloseTo(tiringIn(null), 12)
    expect(tiringIn(fatigue(-0.56))).toBeCloseTo(2 * tiringIn(null), 12)
    expect(tiringIn(fatigue(0))).toBe(0)
  })
})

describe('losses beside a slow model', () => {
  it('never become less likely under more pressure, whatever was learned', () => {
    const numbers = (length: number, min: number) =>
      fc.array(fc.double({ min, max: 3, noNaN: true }), { minLength: length, maxLength: length })
    fc.assert(
      fc.property(numbers(7, -3), numbers(4, 0), numbers(4, 0), numbers(2, -3), (mean, some, more, patterns) => {
        const head: HeadState = { ...SNAPSHOT.state.heads[PUSH_DISABLED]!, mean: Float64Array.from(mean) }
        const chance = (pressure: readonly number[]) => lossChance(head, [1, ...pressure, ...patterns]).chance
        expect(chance(some.map((value, i) => value + more[i]!))).toBeGreaterThanOrEqual(chance(some))
      }),
    )
  })
})

describe('an export of what was learned of sends and losses', () => {
  /** A state that believes something about every column. */
  const learned = snapshotOf({ objectives: SENDS, artifact: ARTIFACT })
  const valuesIn = (snapshot: Snapshot) => decide(snapshot, requestOf(TWO), FRESH)

  it.each([
    ['beside an artifact', learned],
    ['beside none', snapshotOf({ objectives: SENDS })],
  ])('lets another server value sends on its first day as this one does, %s', (_what, snapshot) => {
    const exported = exportArtifact(snapshot, 'next')
    runArtifactChecks(exported)
    const [here, there] = [valuesIn(snapshot), valuesIn(withArtifact(exported, over))]
    for (const name of ['conversion', 'reachability']) {
      const [before, after] = [here.values[name]!.mean, there.values[name]!.mean]
      for (let i = 0; i < before.length; i += 1) expect(after[i]).toBeCloseTo(before[i]!, 9)
    }
    expect(here.values.conversion!.mean).not.toEqual(FIRST.values.conversion!.mean)
    expect(there.stateId).toBe(0)
  })

  it('keeps the layers, and names every cause of the channels that are used', () => {
    const exported = exportArtifact(learned, 'next')
    expect(exported.layers).toHaveLength(ARTIFACT.layers.length)
    const { losses } = exported.objectives.reachability as SlowHazards
    expect(
      Object.entries(losses).flatMap(([channel, causes]) => Object.keys(causes).map((cause) => `${channel} ${cause}`)),
    ).toEqual([
      'push push-disabled',
      'push uninstalled',
      'email unsubscribed',
      'email complained',
      'email uninstalled',
      'in-app uninstalled',
    ])
  })
})

describe('an artifact of sends that does not fit', () => {
  const oddHazards = { ...HAZARDS, losses: { push: { complained: HAZARDS.losses.push!.uninstalled! } } }
  it.each([
    [
      'answers within other hours',
      changed({ answers: { ...ARTIFACT.answers!, windowHours: 24 } }),
      'its answers come within 24 h of a send, those of the server within 72 h',
      '/artifact/answers/windowHours',
    ],
    [
      'a pressure that is not there',
      changed({ inputs: { ...ARTIFACT.inputs, pressure: [{ name: 'boredom', meaning: '' }] } }),
      'it needs the column "boredom", which the server does not have',
      '/artifact/inputs/pressure/0',
    ],
    [
      'a cause that the server does not count',
      changed({ objectives: { conversion: CONVERSION, reachability: oddHazards } }),
      'it speaks of the loss of push by complained, the server counts loss of push by push-disabled, ',
      '/artifact/objectives/reachability/losses/push/complained',
    ],
    [
      'a channel that is not used',
      changed({ objectives: { conversion: { ...CONVERSION, factors: { sms: { mean: 1, sd: 0.1 } } } } }),
      'it gives a factor of "conversion" on sms, the server has push, email, in-app',
      '/artifact/objectives/conversion/factors/sms',
    ],
    [
      'another window',
      changed({ objectives: { conversion: { ...CONVERSION, windowHours: 24 } } }),
      '"windowHours":24',
      '/artifact/objectives/conversion',
    ],
    [
      'an objective that is estimated by another model here',
      effectsCase as PolicyArtifact,
      '"conversion" is estimated by the model `effect` there and by `response` here',
      '/artifact/objectives/conversion',
    ],
  ])('is refused: %s', (_what, artifact, message, pointer) => {
    expect(() => withArtifact(artifact, over)).toThrow(expect.objectContaining({ code: 'ARTIFACT_MISMATCH', pointer }))
    expect(() => withArtifact(artifact, over)).toThrow(message)
  })

  it('is refused where no objective builds on answers', () => {
    const answersAlone = changed({ objectives: {} })
    expect(() => withArtifact(answersAlone)).toThrow(
      'no objective is estimated by the model `response` here: conversion (effect), reachability (effect)',
    )
  })

  it('leaves states that were learned beside another artifact alone', () => {
    const answers = { ...ARTIFACT.answers!, scaleSd: 0.2 }
    const other = { ...snapshotOf({ ...over, artifact: changed({ answers }) }), state: SNAPSHOT.state }
    expect(() => decide(other, requestOf(TWO), FRESH)).toThrow(expect.objectContaining({ code: 'SCHEMA_CHANGED' }))
  })
})
