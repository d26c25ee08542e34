import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decisionId, opportunityId, type PolicyArtifact, userId } from '@paloma/core'
import { createClient } from '@paloma/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from './app.ts'
import { memoryOutput, runCommand } from './cli/print/index.ts'
import { defaultConfig } from './config/default-config.ts'
import { loadConfig } from './config/load-config.ts'
import { runtimeFrom } from './config/runtime.ts'
import { palomaProgram } from './program.ts'
import { SCOPES } from './usecases/contract.ts'

const OBJECTIVES = defaultConfig.objectives.flatMap((objective) => {
  if (objective.name === 'conversion') return [{ ...objective, model: 'response', worth: 40, windowHours: 72 }]
  return objective.name === 'reachability' ? [{ ...objective, model: 'hazard' }] : []
})

let dir = ''

async function started(config: string) {
  const app = await createApp(
    await loadConfig(config, dir),
    runtimeFrom({ PALOMA_DATA_DIR: join(dir, `data of ${config}`) }),
  )
  const url = await app.http.listen({ host: '127.0.0.1', port: 0 })
  const { secret } = await app.usecases.keys.create('all', SCOPES)
  return { app, url, key: secret }
}

function write(file: string, value: unknown): string {
  writeFileSync(join(dir, file), JSON.stringify(value))
  return file
}

describe('an artifact of sends from one server to another', () => {
  let exported: PolicyArtifact
  let told: readonly string[]
  let output = ''
  let replayed: unknown

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'paloma-artifact-'))
    const first = await started(write('first.json', { objectives: OBJECTIVES }))
    const printed = memoryOutput()
    const program = palomaProgram({ PALOMA_URL: first.url, PALOMA_KEY: first.key }, Date.now, printed)
    const file = join(dir, 'sends.json')
    await runCommand(program, ['artifact', 'export', '--name', 'market A', '--out', file], printed)
    output = printed.results() + printed.notes()
    exported = JSON.parse(readFileSync(file, 'utf8'))
    expect(await createClient({ url: first.url, key: first.key }).policies.artifact('market A')).toEqual(exported)
    await first.app.close()
    const second = await started(write('second.json', { objectives: OBJECTIVES, artifact: 'sends.json' }))
    await decide(second.app)
    const client = createClient({ url: second.url, key: second.key })
    told = (await client.decisions.explain('d1')).summary
    replayed = await client.decisions.replay('d1')
    await second.app.close()
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  async function decide({ usecases }: Awaited<ReturnType<typeof started>>['app']): Promise<void> {
    const ann = userId('ann')
    await usecases.users.upsert([{ userId: ann, addresses: { email: 'ann@example.org' } }])
    const window = { notBefore: Date.now() - 1_000, expires: Date.now() + 86_400_000 }
    await usecases.opportunities.propose([
      {
        ...{ id: opportunityId('o1'), producer: 'shop', userId: ann, message: 'price-drop', category: 'transactional' },
        ...{ topic: 'offers', channels: ['email'], claims: [], features: {}, window },
        variants: [{ name: 'default', content: { email: { subject: 'Hi', html: 'Hi' } } }],
      },
    ])
    await usecases.decisions.decide([{ decisionId: decisionId('d1'), userId: ann, context: {}, deliver: false }])
  }

  it('is written by the command as the server gives it, with everything that has log odds', () => {
    expect(output).toContain('the artifact market A')
    expect(output).toMatch(/answers +± 0.3/)
    expect(output).toMatch(/outcomes of conversion +± 0.3/)
    expect(output).toMatch(/loss of push by push-disabled +± 0.3/)
    expect(exported.objectives.conversion).toMatchObject({ model: 'response', worth: { mean: 40 } })
  })

  it('is what the other decides by, which says so and replays it', () => {
    expect(told).toContainEqual(expect.stringMatching(/^The slow model multiplies the odds of an answer by /))
    expect(told).toContainEqual(expect.stringMatching(/a loss of email by unsubscribed by /))
    expect(replayed).toMatchObject({ identical: true })
  })
})
