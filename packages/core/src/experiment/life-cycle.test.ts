import { describe, expect, it } from 'vitest'
import type { Experiment, ExperimentDesign, Layer } from '../domain/index.ts'
import { BUCKETS } from './assignment.ts'
import { designFaults } from './check-design.ts'
import { draftOf, rampExperiment, runningPart, type StartScene, startExperiment, stopExperiment } from './life-cycle.ts'
import { designOf } from './testing/scenes.ts'

const LAYERS: readonly Layer[] = [{ name: 'wording', salt: 'w', holdoutShare: 100_000 }]
const SCENE: StartScene = { at: 1_000, layers: LAYERS, stateId: 7, faults: [], running: [] }
const KNOWN = { objectives: ['conversion'], channels: ['email' as const], layers: LAYERS, metrics: ['revenue'] }

const started = (over: Partial<ExperimentDesign> = {}, scene: Partial<StartScene> = {}): Experiment =>
  startExperiment(draftOf(designOf(over), 0), { ...SCENE, ...scene })

const inLayer = (key: string, from: number, until: number, over: Partial<ExperimentDesign> = {}): ExperimentDesign =>
  designOf({ key, layer: { name: 'wording', from, until }, ...over })

describe('startExperiment', () => {
  it('fixes place, first phase and frozen state', () => {
    const experiment = started({ learning: 'frozen', traffic: 100_000, layer: { name: 'wording', from: 0, until: 9 } })
    expect(experiment).toMatchObject({ status: 'running', revision: 2, stateId: 7 })
    expect(experiment.layer).toEqual({ name: 'wording', salt: 'w', from: 0, until: 9 })
    expect(experiment.phases).toEqual([
      {
        since: 1_000,
        traffic: 100_000,
        ranges: [
          { variant: 'control', from: 0, until: 500_000 },
          { variant: 'greedy', from: 500_000, until: BUCKETS },
        ],
      },
    ])
    expect(runningPart(draftOf(designOf(), 0))).toBeUndefined()
  })

  it('changes nothing the second time', () => {
    const experiment = started()
    expect(startExperiment(experiment, { ...SCENE, at: 2_000 })).toBe(experiment)
  })

  it('is refused for a fault, naming the field', () => {
    const faults = designFaults(designOf({ weights: { control: 1, greedy: 2 } }), KNOWN)
    expect(() => started({}, { faults })).toThrow(/greedy-or-not: \/weights: .*sum to 1000000, got 3/)
  })

  it('is refused once it was stopped', () => {
    const stopped = stopExperiment(started(), { decision: 'ship', reason: 'better' }, 2_000)
    expect(() => startExperiment(stopped, SCENE)).toThrow(/greedy-or-not is stopped/)
  })

  const wording = (key: string): ExperimentDesign['variants'] => [
    { name: 'control', change: {} },
    { name: 'greedy', change: { messages: { [key]: { kind: 'withhold' } } } },
  ]
  it.each([
    [
      'shares buckets of a layer',
      inLayer('b', 0, 300_000),
      inLayer('a', 200_000, 400_000),
      /beside a: .*layer wording/,
    ],
    [
      'is exclusive',
      designOf({ key: 'b', isExclusive: true, variants: wording('x') }),
      designOf({ key: 'a' }),
      /b is ex/,
    ],
    [
      'meets an exclusive one',
      designOf({ key: 'b', variants: wording('x') }),
      designOf({ key: 'a', isExclusive: true }),
      /beside a: a is exclusive/,
    ],
    ['changes the same policy', designOf({ key: 'b' }), designOf({ key: 'a' }), /beside a: both change the policy/],
    [
      'changes the same message',
      designOf({ key: 'b', variants: wording('x') }),
      designOf({ key: 'a', variants: wording('x') }),
      /the message x/,
    ],
    [
      'freezes another state',
      designOf({ key: 'b', learning: 'frozen', variants: wording('x') }),
      designOf({ key: 'a', learning: 'frozen' }),
      /the policy state/,
    ],
  ])('is refused beside a running one if it %s', (_, second, first, says) => {
    const running = [started(first)]
    const start = (): Experiment => startExperiment(draftOf(second, 0), { ...SCENE, running })
    expect(start).toThrow(expect.objectContaining({ code: 'EXPERIMENT_CONFLICT' }))
    expect(start).toThrow(says)
  })

  it.each([
    ['own other buckets of a layer', inLayer('b', 400_000, 900_000, { isExclusive: true }), inLayer('a', 0, 400_000)],
    ['change other things', designOf({ key: 'b', variants: wording('x') }), designOf({ key: 'a' })],
    ['are about other groups', designOf({ key: 'b', groups: ['random'] }), designOf({ key: 'a' })],
  ])('lets two run that %s', (_, second, first) => {
    const running = [started(first)]
    expect(startExperiment(draftOf(second, 0), { ...SCENE, running }).status).toBe('running')
  })
})

describe('rampExperiment', () => {
  it('adds a phase and keeps what is not named', () => {
    const experiment = rampExperiment(started({ traffic: 10_000 }), { traffic: 500_000 }, 5_000)
    expect(experiment.phases.map(({ since, traffic }) => [since, traffic])).toEqual([
      [1_000, 10_000],
      [5_000, 500_000],
    ])
    expect(experiment.phases[1]!.ranges).toEqual(experiment.phases[0]!.ranges)
    expect(experiment.revision).toBe(3)
  })

  it('changes nothing the second time', () => {
    const once = rampExperiment(started(), { weights: { control: 0, greedy: BUCKETS } }, 5_000)
    expect(rampExperiment(once, { weights: { control: 0, greedy: BUCKETS } }, 6_000)).toBe(once)
  })

  it('keeps phases in order where a clock is behind', () => {
    const { phases } = rampExperiment(started({ traffic: 1 }), { traffic: 2 }, 10)
    expect(phases.map(({ since }) => since)).toEqual([1_000, 1_000])
  })

  it.each([
    [{ weights: { control: BUCKETS, gone: 0 } }, /\/weights: expected a variant \(control, greedy\), got "gone"/],
    [{ weights: { control: -1, greedy: 1_000_001 } }, /\/weights\/control: .*got -1/],
    [{ traffic: 1.5 }, /\/traffic: .*got 1.5/],
  ])('refuses %j', (ramp, says) => {
    expect(() => rampExperiment(started(), ramp, 5_000)).toThrow(says)
  })

  it('refuses what does not run', () => {
    expect(() => rampExperiment(draftOf(designOf(), 0), { traffic: 1 }, 1)).toThrow(/must be running, it is draft/)
  })
})

describe('stopExperiment', () => {
  it('ends it once, with decision and reason', () => {
    const end = { decision: 'ship', reason: 'sells more' } as const
    const stopped = stopExperiment(started(), end, 9_000)
    expect(stopped).toMatchObject({ status: 'stopped', end: { at: 9_000, ...end } })
    expect(runningPart(stopped)).toBeUndefined()
    expect(stopExperiment(stopped, { ...end, reason: 'again' }, 9_500)).toBe(stopped)
    expect(() => stopExperiment(stopped, { decision: 'invalid', reason: '' }, 9_500)).toThrow(/is stopped/)
  })
})

describe('designFaults', () => {
  const change = (given: ExperimentDesign['variants'][number]['change']): ExperimentDesign['variants'] => [
    { name: 'control', change: {} },
    { name: 'greedy', change: given },
  ]
  it('finds nothing wrong with a sound design', () => {
    const sound = designOf({
      metrics: [{ name: 'revenue', role: 'success' }],
      layer: { name: 'wording', from: 0, until: 900_000 },
      targeting: [{ kind: 'between', trait: 'orders', min: 1 }],
      variants: change({ weights: { conversion: 2 }, prices: { 'channel:email': 0.1 } }),
    })
    expect(designFaults(sound, KNOWN)).toEqual([])
  })

  it.each<readonly [Partial<ExperimentDesign>, string, RegExp]>([
    [{ variants: [{ name: 'control', change: {} }] }, '/variants', /two or more variants, got 1/],
    [{ control: 'old' }, '/control', /\(control, greedy\), got "old"/],
    [{ weights: { control: 400_000, greedy: 500_000 } }, '/weights', /sum to 1000000, got 900000/],
    [{ weights: { control: Number.NaN, greedy: BUCKETS } }, '/weights/control', /integer of millionths/],
    [{ traffic: 2_000_000 }, '/traffic', /got 2000000/],
    [
      { metrics: [{ name: 'profit', role: 'success' }] },
      '/metrics',
      /a metric of the configuration \(revenue\), got "profit"/,
    ],
    [
      { metrics: [{ name: 'revenue', role: 'success', nonInferiorityMargin: 0.1 }] },
      '/metrics/0/nonInferiorityMargin',
      /none, because it is success, got 0.1/,
    ],
    [{ metrics: [{ name: 'revenue', role: 'guardrail' }] }, '/metrics/0/nonInferiorityMargin', /in \(0, 1\), got 0/],
    [{ metrics: [{ name: 'revenue', role: 'success', targetMDE: 0 }] }, '/metrics/0/targetMDE', /above 0, got 0/],
    [
      { metrics: [{ name: 'revenue', role: 'deterioration', targetMDE: 0.1 }] },
      '/metrics/0/targetMDE',
      /none, because it is deterioration, got 0.1/,
    ],
    [
      {
        metrics: [
          { name: 'revenue', role: 'success' },
          { name: 'revenue', role: 'deterioration' },
        ],
      },
      '/metrics/1/name',
      /named only once, got "revenue"/,
    ],
    [{ groups: ['paloma', 'holdout'] }, '/groups', /other than holdout/],
    [{ groups: [] }, '/groups', /one or more/],
    [{ layer: { name: 'other', from: 0, until: 1 } }, '/layer/name', /\(wording\), got "other"/],
    [{ layer: { name: 'wording', from: 0, until: 950_000 } }, '/layer', /≤ 900000 \(the holdout begins there\)/],
    [{ unit: { kind: 'switchback', slotMinutes: 0, washoutMinutes: 0 } }, '/unit/slotMinutes', /≥ 1, got 0/],
    [{ unit: { kind: 'switchback', slotMinutes: 30, washoutMinutes: 30 } }, '/unit/washoutMinutes', /below slot.*30\)/],
    [{ targeting: [{ kind: 'between', trait: 'orders' }] }, '/targeting/0', /min or max/],
    [{ targeting: [{ kind: 'oneOf', trait: 'orders', values: [] }] }, '/targeting/0/values', /one or more values/],
    [{ variants: change({ weights: { profit: 1 } }) }, '/variants/1/change/weights', /an objective \(conversion\)/],
    [{ variants: change({ weights: { conversion: Infinity } }) }, '/variants/1/change/weights/conversion', /finite/],
    [
      { variants: change({ prices: { 'channel:email': -1 } }) },
      '/variants/1/change/prices/channel:email',
      /≥ 0, got -1/,
    ],
    [
      { variants: change({ policy: { kind: 'cadence', perWeek: 1, gapHours: 1, channels: ['sms'] } }) },
      '/variants/1/change/policy/channels',
      /a channel that is on \(email\), got "sms"/,
    ],
    [
      { variants: change({ messages: { hello: { kind: 'wordings', names: [] } } }) },
      '/variants/1/change/messages/hello/names',
      /one or more wordings/,
    ],
  ])('finds what is wrong with %j at %s', (over, pointer, says) => {
    const faults = designFaults(designOf(over), KNOWN)
    expect(faults.find((each) => each.pointer === pointer)?.detail).toMatch(says)
  })
})
