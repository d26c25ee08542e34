import { decisionId, HOUR_MS, type PolicyArtifact, runArtifactChecks } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { artifactSchema } from '../config/artifact-schema.ts'
import type { Config } from '../config/contract.ts'
import { defaultConfig } from '../config/default-config.ts'
import { NOON } from '../store/testing/examples.ts'
import { ALWAYS_SEND, type ArrivalsLab, arrivalsLab, decideFor, track } from './testing/arrivals.ts'

const CONFIG: Partial<Config> = {
  rules: ALWAYS_SEND.rules!,
  groups: { ...ALWAYS_SEND.groups!, paloma: { share: 1_000_000, policy: { kind: 'random', holdProbability: 0.5 } } },
  objectives: defaultConfig.objectives.map((objective) => ({ ...objective, windowHours: 1 })),
}

let lab: ArrivalsLab
let other: ArrivalsLab
let artifact: PolicyArtifact

beforeAll(async () => {
  lab = await arrivalsLab({ config: CONFIG })
  for (let i = 0; i < 40; i += 1) {
    const { chosen } = await decideFor(lab, `u-${i}`)
    if (chosen !== 0) {
      const order = track(`m-${i}`, `u-${i}`, 'Order Completed', { properties: { revenue: 30 } })
      await lab.usecases.events.ingest([order])
    }
  }
  lab.clock.set(NOON + 200 * HOUR_MS)
  await lab.due.learn()
  artifact = await lab.usecases.policies.artifact('market A')
  other = await arrivalsLab({ config: { ...CONFIG, artifact } })
})
afterAll(() => Promise.all([lab.close(), other.close()]))

describe('an artifact of what a server has learned', () => {
  it('is one by its schema, and computes what it says', () => {
    expect(artifactSchema.parse(JSON.parse(JSON.stringify(artifact)))).toEqual(artifact)
    expect(() => runArtifactChecks(artifact)).not.toThrow()
    expect(Object.keys(artifact.objectives)).toEqual(defaultConfig.objectives.map(({ name }) => name))
  })

  it('lets another server value sends on its first day as the first one does by now', async () => {
    other.clock.set(lab.clock.now())
    const [here, there] = [await decideFor(lab, 'same'), await decideFor(other, 'same')]
    expect(there.stateId).toBe(0)
    expect(here.stateId).toBeGreaterThan(0)
    for (const { name } of defaultConfig.objectives) {
      const [learned, believed] = [here.values[name]!.mean, there.values[name]!.mean]
      for (let i = 0; i < learned.length; i += 1) expect(believed[i]).toBeCloseTo(learned[i]!, 9)
    }
    const naive = await arrivalsLab({ config: CONFIG })
    naive.clock.set(lab.clock.now())
    expect((await decideFor(naive, 'same')).values.conversion!.mean[1]).not.toBeCloseTo(
      here.values.conversion!.mean[1]!,
      3,
    )
    await naive.close()
  })

  it('is part of the snapshot: decisions beside it are explained and replayed from the store', async () => {
    const explained = await other.usecases.decisions.explain(decisionId('d-same'))
    expect(explained).toBeDefined()
    expect(await other.usecases.decisions.replay(decisionId('d-same'))).toMatchObject({ identical: true })
  })

  it('is not the beginning for a state that was learned beside none', async () => {
    const { prior, state } = { prior: other.deps.snapshots.prior(), state: lab.deps.snapshots.current().state }
    expect(prior.schemaHash).not.toBe(state.schemaHash)
  })
})
