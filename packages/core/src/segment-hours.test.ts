import { expect, it } from 'vitest'
import { shapeOf } from './decide.ts'
import { type FeatureSchema, HOUR_MS, type Objective } from './domain/index.ts'
import { featureContext } from './features/index.ts'
import { createHead, predictHead, updateHead } from './learning/index.ts'
import { randomFrom } from './random/index.ts'
import { NOW, OBJECTIVES, person, RULES, twoWordings } from './testing/decision-scene.ts'

const features: FeatureSchema = {
  messageBuckets: 0,
  features: [{ kind: 'category', name: 'work', source: 'user', values: ['shift', 'office'] }],
  hoursBy: 'work',
}
const objectives: readonly Objective[] = [OBJECTIVES[0]!]
const { encoder } = shapeOf({ features, objectives, rules: RULES })
const opportunity = twoWordings('a')

/** ψ of a push to somebody of a segment, so many hours after the beginning of a UTC day. */
function rowAt(work: string | null, hour: number): Float64Array {
  const traits = work === null ? {} : { work }
  const x = featureContext(person({ traits, timeZone: 'UTC' }), { now: NOW, context: {} }, 'UTC')
  const sendAt = Math.ceil(NOW / (24 * HOUR_MS)) * 24 * HOUR_MS + hour * HOUR_MS
  const out = new Float64Array(encoder.actionNames.length)
  const variant = opportunity.variants[0]!
  encoder.encodeAction(x, { opportunity, variant, candidate: { channel: 'push', sendAt } }, { out, offset: 0 })
  return out
}

/** Who works in shifts answers best at 3, who works in an office at 13. */
function truth(work: string, hour: number): number {
  return Math.cos(((hour - (work === 'shift' ? 3 : 13)) / 12) * Math.PI)
}

it('a user of whom nothing is known gets the hours of the segment, and one without a segment those of all', () => {
  const random = randomFrom('segments')
  const examples = Array.from({ length: 3_000 }, () => {
    const work = random() < 0.5 ? 'shift' : 'office'
    const hour = Math.floor(24 * random())
    return { features: rowAt(work, hour), reward: truth(work, hour) + 2 * (random() - 0.5) }
  })
  const dimension = encoder.actionNames.length
  const prior = createHead({
    dimension,
    priorMean: new Array<number>(dimension).fill(0),
    priorVariance: 1,
    noiseSd: 0.6,
    noiseWeight: 20,
  })
  const head = updateHead(prior, examples)
  const at = (work: string | null, hour: number): number => predictHead(head, rowAt(work, hour)).mean
  for (const work of ['shift', 'office']) {
    const hours = Array.from({ length: 24 }, (_, hour) => at(work, hour))
    expect(Math.abs(hours.indexOf(Math.max(...hours)) - (work === 'shift' ? 3 : 13))).toBeLessThanOrEqual(1)
  }
  // The two segments are nearly opposite, so everybody together has hardly an hour.
  const swing = (work: string | null): number => {
    const hours = Array.from({ length: 24 }, (_, hour) => at(work, hour))
    return Math.max(...hours) - Math.min(...hours)
  }
  expect(swing(null)).toBeLessThan(0.6 * swing('shift'))
})

it('a segment of which little was seen keeps to the hours of all', () => {
  const random = randomFrom('few')
  const examples = Array.from({ length: 2_000 }, (_, i) => {
    const work = i % 500 === 499 ? 'shift' : 'office'
    const hour = Math.floor(24 * random())
    return { features: rowAt(work, hour), reward: truth(work, hour) + 6 * (random() - 0.5) }
  })
  const dimension = encoder.actionNames.length
  const prior = createHead({
    dimension,
    priorMean: new Array<number>(dimension).fill(0),
    priorVariance: 0.02,
    noiseSd: 1.7,
    noiseWeight: 20,
  })
  const head = updateHead(prior, examples)
  const [night, noon] = [3, 13].map((hour) => predictHead(head, rowAt('shift', hour)).mean) as [number, number]
  expect(noon).toBeGreaterThan(night)
})
