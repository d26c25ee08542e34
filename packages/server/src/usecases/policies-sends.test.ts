import {
  type Decision,
  decisionId,
  HOUR_MS,
  type Objective,
  type PolicyArtifact,
  runArtifactChecks,
} from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { artifactSchema } from '../config/artifact-schema.ts'
import type { Config } from '../config/contract.ts'
import { defaultConfig } from '../config/default-config.ts'
import { NOON } from '../store/testing/examples.ts'
import { ALWAYS_SEND, type ArrivalsLab, arrivalsLab, decideFor, track } from './testing/arrivals.ts'

const MODELS: Readonly<Record<string, Partial<Objective>>> = {
  conversion: { model: 'response', worth: 40, windowHours: 72 },
  reachability: { model: 'hazard', windowHours: 72 },
}
const CONFIG: Partial<Config> = {
  rules: ALWAYS_SEND.rules!,
  groups: { ...ALWAYS_SEND.groups!, paloma: { share: 1_000_000, policy: { kind: 'random', holdProbability: 0.3 } } },
  objectives: defaultConfig.objectives
    .filter(({ name }) => name in MODELS)
    .map((objective) => ({ ...objective, ...MODELS[objective.name] })),
}
const USERS = Array.from({ length: 40 }, (_, i) => `u-${i}`)
const NOW = NOON + 200 * HOUR_MS

let lab: ArrivalsLab
let other: ArrivalsLab
let restarted: ArrivalsLab
let artifact: PolicyArtifact

/** Every third send is answered, every sixth leads to an order, and every twelfth to an opt-out. */
async function react(user: string, i: number): Promise<void> {
  const own = { decisionId: `d-${user}` }
  const order = { revenue: 30, ...own }
  await lab.usecases.events.ingest([
    ...(i % 3 === 0 ? [track(`c-${i}`, user, 'Email Link Clicked', { properties: own })] : []),
    ...(i % 6 === 0 ? [track(`m-${i}`, user, 'Order Completed', { properties: order })] : []),
    ...(i % 12 === 1 ? [track(`x-${i}`, user, 'Email Unsubscribed', { properties: own })] : []),
  ])
}

beforeAll(async () => {
  lab = await arrivalsLab({ config: CONFIG })
  for (const [i, user] of USERS.entries()) {
    const { chosen } = await decideFor(lab, user)
    if (chosen !== 0) await react(user, i)
  }
  lab.clock.set(NOW)
  await lab.due.learn()
  artifact = JSON.parse(JSON.stringify(await lab.usecases.policies.artifact('market A')))
  other = await arrivalsLab({ config: { ...CONFIG, artifact }, startAt: NOW })
})
afterAll(() => Promise.all([restarted?.close(), other.close()]).then(() => lab.close()))

describe('an artifact of what a server has learned of sends and losses', () => {
  it('is one by its schema, and computes what it says', () => {
    expect(artifactSchema.parse(artifact)).toEqual(artifact)
    expect(() => runArtifactChecks(artifact)).not.toThrow()
    expect(Object.values(artifact.objectives).map(({ model }) => model)).toEqual(['response', 'hazard'])
    expect(artifact.answers!.level).not.toBe(-2.5)
  })

  it('lets another server expect of sends on its first day what the first one does by now', async () => {
    const [here, there] = [await decideFor(lab, 'same'), await decideFor(other, 'same')]
    expect([there.stateId, here.stateId > 0]).toEqual([0, true])
    for (const name of ['conversion', 'reachability']) {
      const [learned, believed] = [here.values[name]!.mean, there.values[name]!.mean]
      for (let i = 0; i < learned.length; i += 1) expect(believed[i]).toBeCloseTo(learned[i]!, 9)
    }
    expect(there.losses.email!.unsubscribed).toBeCloseTo(here.losses.email!.unsubscribed!, 12)
  })

  it('is part of the snapshot: decisions beside it are explained and replayed from the store', async () => {
    const decision = (await other.usecases.decisions.get(decisionId('d-same')))!
    expect(decision.stateId).toBe(0)
    expect(await other.usecases.decisions.replay(decisionId('d-same'))).toMatchObject({ identical: true })
    const sent = await untilSent(other)
    const { summary } = (await other.usecases.decisions.explain(sent.decisionId))!
    expect(summary).toContainEqual(
      expect.stringMatching(/^The slow model multiplies the odds of an answer by [\d.]+ \(factor 1\.0 ± 0\.3\)\.$/),
    )
    expect(summary).toContainEqual(expect.stringMatching(/odds of outcomes of conversion by /))
    expect(summary).toContainEqual(expect.stringMatching(/odds of a loss of email by unsubscribed by /))
  })

  it('makes a server that loads it learn from its own last weeks again, beside it', async () => {
    const before = (await lab.store.registry.latestState())!
    restarted = await arrivalsLab({ store: lab.embedded, config: { ...CONFIG, artifact }, startAt: NOW })
    const begun = (await lab.store.registry.latestState())!
    expect([begun.heads['send/response']!.n, begun.schemaHash === before.schemaHash]).toEqual([0, false])
    await restarted.due.learn()
    const { heads, id } = (await lab.store.registry.latestState())!
    expect(id).toBeGreaterThan(before.id)
    const learned = ['send/response', 'send/outcome/conversion', 'send/loss/email/unsubscribed', 'conversion']
    expect(learned.map((name) => heads[name]!.n)).toEqual(learned.map((name) => before.heads[name]!.n))
    expect(before.heads['send/response']!.n).toBeGreaterThan(10)
    expect(restarted.lines).toEqual([expect.stringContaining('were learned from again')])
    expect(heads['send/loss/email/unsubscribed']!.mean).toHaveLength(8)
    expect(await restarted.usecases.decisions.replay(decisionId('d-u-0'))).toMatchObject({ identical: true })
  })
})

/** Decides until something is sent. */
async function untilSent(where: ArrivalsLab): Promise<Decision> {
  for (let i = 0; i < 50; i += 1) {
    const decision = await decideFor(where, `more-${i}`)
    if (decision.actions[decision.chosen]!.kind === 'send') return decision
  }
  throw new Error('nothing was sent in 50 decisions')
}
