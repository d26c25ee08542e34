import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkEvaluationLog } from './check-evaluation-log.ts'
import type { EvaluationLog } from './evaluation-log.ts'
import { effectiveSampleSize, importanceWeights } from './importance-weights.ts'
import { maturedDecisions, selectDecisions } from './select-decisions.ts'
import { evaluationLogs, SMALL_LOG } from './testing/logs.ts'

const { loggingPolicy: _, ...WITHOUT_LOGGING } = SMALL_LOG
const visit = (values: readonly number[], predictions?: readonly number[]): EvaluationLog['rewards'] => [
  { name: 'visit', values, ...(predictions === undefined ? {} : { predictions }) },
]

const WRONG: readonly (readonly [string, EvaluationLog])[] = [
  ['chosen must be at least one decision, got none', { ...SMALL_LOG, chosen: [] }],
  ['offsets must be a column of 4 entries, got 3', { ...SMALL_LOG, offsets: [0, 2, 5] }],
  ['offsets[0] must be 0, got 1', { ...SMALL_LOG, offsets: [1, 2, 5, 6] }],
  ['offsets[2] must be an integer above 2, got 2', { ...SMALL_LOG, offsets: [0, 2, 2, 6] }],
  ['offsets[3] must be an integer above 5, got NaN', { ...SMALL_LOG, offsets: [0, 2, 5, Number.NaN] }],
  ['chosen[0] must be an integer in [0, 2), got 2', { ...SMALL_LOG, chosen: [2, 0, 0] }],
  ['chosen[1] must be an integer in [0, 3), got 0.5', { ...SMALL_LOG, chosen: [1, 0.5, 0] }],
  ['propensities must be a column of 3 entries, got 2', { ...SMALL_LOG, propensities: [0.5, 0.2] }],
  ['propensities[1] must be in (0, 1], got 0', { ...SMALL_LOG, propensities: [0.5, 0, 1] }],
  ['propensities[2] must be in (0, 1], got 1.5', { ...SMALL_LOG, propensities: [0.5, 0.2, 1.5] }],
  ['propensities[0] must be in (0, 1], got NaN', { ...SMALL_LOG, propensities: [Number.NaN, 0.2, 1] }],
  [
    'targetPolicy of decision 1 must be probabilities that sum to 1 within 0.000001, got a sum of 0.9',
    { ...SMALL_LOG, targetPolicy: [0.25, 0.75, 0.5, 0.4, 0, 1] },
  ],
  [
    'targetPolicy[2] of decision 1 must be in [0, 1], got -0.1',
    { ...SMALL_LOG, targetPolicy: [0.25, 0.75, -0.1, 1, 0.1, 1] },
  ],
  ['targetPolicy must be a column of 6 entries, got 5', { ...SMALL_LOG, targetPolicy: [0.25, 0.75, 0.6, 0.4, 0] }],
  [
    'loggingPolicy[2] of decision 1, the chosen action must be propensities[1] = 0.2, got 0.3',
    { ...SMALL_LOG, loggingPolicy: [0.5, 0.5, 0.3, 0.2, 0.5, 1] },
  ],
  ['rewards must be at least one objective, got none', { ...SMALL_LOG, rewards: [] }],
  [
    "rewards must be one column per name, got 'visit' twice",
    { ...SMALL_LOG, rewards: [...visit([1, 0, 1]), ...visit([1, 0, 1])] },
  ],
  ["rewards 'visit'[2] must be a finite number, got NaN", { ...SMALL_LOG, rewards: visit([1, 0, Number.NaN]) }],
  ["rewards 'visit' must be a column of 3 entries, got 2", { ...SMALL_LOG, rewards: visit([1, 0]) }],
  [
    "predictions of 'visit'[5] must be a finite number, got Infinity",
    { ...SMALL_LOG, rewards: visit([1, 0, 1], [0, 0, 0, 0, 0, Number.POSITIVE_INFINITY]) },
  ],
  ['users[1] must be an integer ≥ 0, got -1', { ...SMALL_LOG, users: [0, -1, 0] }],
  ['matured[1] must be 1, the reward windows closed, got 0', { ...SMALL_LOG, matured: [1, 0, 1] }],
  [
    'identities.indices[4] must be an integer in [0, 2), got 2',
    { ...SMALL_LOG, identities: { indices: [0, 1, 0, 1, 2, 0], names: ['hold', 'push'] } },
  ],
  [
    'segments.indices must be a column of 3 entries, got 1',
    { ...SMALL_LOG, segments: { indices: [0], names: ['new'] } },
  ],
  ['context.values[1] must be a finite number, got NaN', { ...SMALL_LOG, context: block(1, [0, Number.NaN, 1]) }],
  ['actionFeatures.values must be a column of 12 entries, got 6', { ...SMALL_LOG, actionFeatures: block(2, 6) }],
  ['context.width must be an integer ≥ 0, got -1', { ...SMALL_LOG, context: block(-1, []) }],
]

function block(width: number, values: readonly number[] | number) {
  return { width, values: typeof values === 'number' ? new Float64Array(values) : values }
}

describe('a log to evaluate a policy on', () => {
  it.each(WRONG)('is refused: %s', (message, log) => {
    expect(() => checkEvaluationLog(log)).toThrow(message)
  })

  it('is accepted with and without the whole of the logging policy', () => {
    expect(() => checkEvaluationLog(SMALL_LOG)).not.toThrow()
    expect(() => checkEvaluationLog(WITHOUT_LOGGING)).not.toThrow()
    fc.assert(
      fc.property(evaluationLogs, (log) => {
        checkEvaluationLog(log)
      }),
      { seed: 1, numRuns: 100 },
    )
  })

  it('gives weights of target probability over propensity, and what they are worth', () => {
    expect([...importanceWeights(SMALL_LOG)]).toEqual([1.5, 0.6 / 0.2, 1])
    expect(effectiveSampleSize([1.5, 3, 1])).toBeCloseTo(5.5 ** 2 / (2.25 + 9 + 1), 12)
    expect(effectiveSampleSize([0, 0])).toBe(0)
  })

  it('loses decisions whose windows are open, and says how many', () => {
    const { log, unmatured } = maturedDecisions({ ...SMALL_LOG, matured: [0, 1, 1] })
    expect(unmatured).toBe(1)
    expect(log).toEqual({
      offsets: Float64Array.of(0, 3, 4),
      chosen: Float64Array.of(0, 0),
      propensities: Float64Array.of(0.2, 1),
      targetPolicy: Float64Array.of(0.6, 0.4, 0, 1),
      loggingPolicy: Float64Array.of(0.2, 0.3, 0.5, 1),
      users: Float64Array.of(1, 0),
      rewards: [{ name: 'visit', values: Float64Array.of(0, 1) }],
      matured: Float64Array.of(1, 1),
      identities: { indices: Float64Array.of(0, 1, 2, 0), names: ['hold', 'push', 'email'] },
    })
    expect(maturedDecisions(SMALL_LOG)).toEqual({ log: SMALL_LOG, unmatured: 0 })
  })

  it('stays whole when all of its decisions are selected, features by action included', () => {
    fc.assert(
      fc.property(evaluationLogs, (log) => {
        const actions = log.targetPolicy.length
        const rich: EvaluationLog = {
          ...log,
          actionFeatures: { width: 2, values: Float64Array.from({ length: 2 * actions }, (_, k) => k) },
          context: { width: 1, values: Float64Array.from(log.chosen) },
        }
        const indices = Array.from({ length: log.chosen.length }, (_, i) => log.chosen.length - 1 - i)
        const turned = selectDecisions(rich, indices)
        checkEvaluationLog(turned)
        const back = selectDecisions(turned, indices)
        expect(Array.from(back.actionFeatures!.values)).toEqual(Array.from(rich.actionFeatures!.values))
        expect(Array.from(back.targetPolicy)).toEqual(Array.from(rich.targetPolicy))
        expect(Array.from(back.offsets)).toEqual(Array.from(rich.offsets))
      }),
      { seed: 2, numRuns: 50 },
    )
  })
})
