import { shapeOf } from '../decide.ts'
import {
  type Decision,
  type DecisionRequest,
  type DecisionTrigger,
  decisionId,
  type FeatureSchema,
  type Group,
  type HeadState,
  type Objective,
  type Opportunity,
  opportunityId,
  type PolicySpec,
  type PolicyState,
  type Snapshot,
} from '../domain/index.ts'
import { NOW, person, proposal, RULES } from '../eligibility/testing/scenes.ts'
import { initialState, updateHead } from '../learning/index.ts'
import { randomFrom } from '../random/index.ts'

export { NOW, person, proposal, RULES }

/** Two objectives with different scales, so that a forgotten weight or scale shows. */
export const OBJECTIVES: readonly Objective[] = [
  {
    name: 'conversion',
    events: ['Order Completed'],
    aggregate: 'sum',
    valueProperty: 'revenue',
    windowHours: 72,
    unit: 'EUR',
    weight: 1,
    priorEffect: { push: 0.3, email: 0.2, 'in-app': 0.1 },
    priorEffectSd: 0.4,
    noiseSd: 5,
  },
  {
    name: 'reachability',
    events: [],
    aggregate: 'reachLost',
    windowHours: 168,
    unit: 'contactable days',
    weight: 0.05,
    scale: 60,
    priorEffect: { push: -0.004, email: -0.002 },
    priorEffectSd: 0.003,
    noiseSd: 0.05,
  },
]

export const FEATURES: FeatureSchema = {
  messageBuckets: 4,
  features: [
    { kind: 'number', name: 'orders', source: 'user', centre: 1, scale: 2 },
    { kind: 'category', name: 'screen', source: 'context', values: ['home', 'basket'] },
    { kind: 'number', name: 'score', source: 'opportunity', centre: 0.5, scale: 0.5 },
    { kind: 'boolean', name: 'bold', source: 'variant' },
  ],
}

export const THOMPSON: PolicySpec = { kind: 'thompson', floor: 0.05, sharpness: 1 }

const MILLION = 1_000_000

/** Everybody in one group. */
export function groupsOf(group: Group, policy: PolicySpec): Snapshot['groups'] {
  const holdout = { share: 0, policy: { kind: 'holdout' } } as const
  return {
    ...{ paloma: holdout, businessAsUsual: holdout, random: holdout, holdout },
    [group]: { share: MILLION, policy },
  }
}

/** Rewards that are a made-up function of made-up features: a state that believes something about every column. */
function taught(head: HeadState, key: string): HeadState {
  const random = randomFrom(key)
  const examples = Array.from({ length: 30 }, () => ({
    features: Float64Array.from({ length: head.dimension }, () => 2 * random() - 1),
    reward: 4 * random() - 2,
  }))
  return updateHead(head, examples)
}

/** A state that has learned from noise under these rules, for tests that need some weights. */
export function taughtState(parts: Pick<Snapshot, 'features' | 'objectives' | 'rules' | 'artifact'>): PolicyState {
  const state = initialState(parts.objectives, shapeOf(parts), 0)
  const heads = Object.fromEntries(Object.entries(state.heads).map(([name, head]) => [name, taught(head, name)]))
  return { ...state, id: 7, heads }
}

/** A frozen configuration with everybody in `paloma` under Thompson sampling, and what differs from it. */
export function snapshotOf(over: Partial<Snapshot> = {}): Snapshot {
  const { objectives = OBJECTIVES, features = FEATURES, rules = RULES, artifact } = over
  const parts = { features, objectives, rules, ...(artifact === undefined ? {} : { artifact }) }
  return {
    version: 'rules-1',
    objectives,
    rules,
    features,
    groups: groupsOf('paloma', THOMPSON),
    groupSalt: 'salt',
    prices: {},
    state: taughtState(parts),
    ...over,
  }
}

/** A proposal that may go by push, by email (if consented to) and in the app, in two wordings. */
export function twoWordings(id: string, over: Partial<Opportunity> = {}): Opportunity {
  const content = { push: { title: 'Hi' }, email: { subject: 'Hi' }, 'in-app': { title: 'Hi' } }
  return proposal({
    id: opportunityId(id),
    message: `message-${id}`,
    channels: ['push', 'in-app'],
    variants: [
      { name: 'plain', content },
      { name: 'bold', content, features: { bold: true } },
    ],
    claims: [{ objective: 'conversion', estimate: 0.8, unit: 'EUR', horizonDays: 7, kind: 'incremental' }],
    features: { score: 0.7 },
    ...over,
  })
}

/** Asks for a decision about these proposals. */
export function requestOf(
  opportunities: readonly Opportunity[],
  over: Partial<DecisionRequest> & { readonly trigger?: DecisionTrigger } = {},
): DecisionRequest {
  return {
    decisionId: decisionId('decision-1'),
    user: person({ traits: { orders: 3 } }),
    opportunities,
    context: { screen: 'home' },
    trigger: 'request',
    ...over,
  }
}

/** Chances of the actions by what they are, for comparing decisions whose actions stand in another order. */
export function chances({ actions, probabilities }: Decision): Readonly<Record<string, number>> {
  return Object.fromEntries(
    actions.map((action, i) => [
      action.kind === 'hold' ? 'hold' : [action.opportunityId, action.variant, action.channel, action.sendAt].join(' '),
      probabilities[i]!,
    ]),
  )
}
