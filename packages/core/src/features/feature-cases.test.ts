import { expect, it } from 'vitest'
import cases from '../../../../spec/cases/features.json' with { type: 'json' }
import {
  type Channel,
  type FeatureSchema,
  type Objective,
  opportunityId,
  type PastSend,
  type Scalar,
  type UserState,
} from '../domain/index.ts'
import { person, proposal } from '../eligibility/testing/scenes.ts'
import { featureContext } from './context.ts'
import { compileFeatures } from './feature-encoder.ts'

const BUCKETS = 4
const ENCODER = compileFeatures({
  features: { features: cases.features as FeatureSchema['features'], messageBuckets: BUCKETS },
  objectives: cases.objectives as readonly Partial<Objective>[] as readonly Objective[],
  channels: Object.fromEntries(cases.channels.map((name) => [name, { consent: 'opt-out', pricePerSend: 0 }])),
})

type Vector = (typeof cases.cases)[number]

function userOf({ zone, traits, sends, responses, visits }: Vector): UserState {
  const history = {
    sends: sends.map((send) => ({ ...send, opportunityId: opportunityId(send.opportunityId) })) as readonly PastSend[],
    responses: responses as UserState['history']['responses'],
    visits,
  }
  return { ...person({ timeZone: zone, traits: traits as Record<string, Scalar> }), history }
}

function actionOf(vector: Vector) {
  const opportunity = proposal({
    message: vector.message,
    claims: vector.claims.map((claim) => ({ unit: 'u', horizonDays: 7, ...claim })) as never,
    features: vector.features as Record<string, Scalar>,
  })
  const variant = { name: 'v', content: {}, features: vector.variantFeatures as Record<string, Scalar> }
  return { opportunity, variant, candidate: { channel: vector.channel as Channel, sendAt: vector.sendAt } }
}

/** Columns that are not 0 and not hashed buckets, by name. */
function named(names: readonly string[], out: Float64Array): Readonly<Record<string, number>> {
  const columns = names.map((name, i) => [name, out[i]!] as const)
  return Object.fromEntries(columns.filter(([name, value]) => value !== 0 && !name.includes('message bucket')))
}

function expectColumns(found: Readonly<Record<string, number>>, expected: object): void {
  const wanted = Object.entries(expected as Readonly<Record<string, number>>).filter(([, value]) => value !== 0)
  expect(Object.keys(found).sort()).toEqual(wanted.map(([name]) => name).sort())
  for (const [name, value] of wanted) expect(Math.abs(found[name]! - value), name).toBeLessThan(1e-12)
}

it.each(cases.cases.map((vector, i) => ({ i, vector })))('writes the columns of shared vector $i', ({ vector }) => {
  const x = featureContext(userOf(vector), { now: vector.now, context: {} }, 'UTC')
  const action = new Float64Array(ENCODER.actionNames.length)
  ENCODER.encodeAction(x, actionOf(vector), { out: action, offset: 0 })
  expectColumns(named(ENCODER.actionNames, action), vector.action)
  expect(action.filter((value, i) => value === 1 && ENCODER.actionNames[i]!.startsWith('message'))).toHaveLength(1)
  const claims = action.filter((value, i) => value !== 0 && ENCODER.actionNames[i]!.startsWith('log claim'))
  expect(claims).toHaveLength(vector.logClaim === 0 ? 0 : 1)
  for (const claim of claims) expect(Math.abs(claim - vector.logClaim)).toBeLessThan(1e-12)
  const baseline = new Float64Array(ENCODER.baselineNames.length)
  ENCODER.encodeBaseline(x, baseline)
  expectColumns(named(ENCODER.baselineNames, baseline), vector.baseline)
})
