import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PolicyArtifact } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import artifactCase from '../../../../../spec/cases/policy-artifact.json' with { type: 'json' }
import { fakeConnection } from '../connection/testing/fake-connection.ts'
import { memoryOutput, runCommand } from '../print/index.ts'
import { artifactCommand } from './artifact-command.ts'

const ARTIFACT = artifactCase as PolicyArtifact

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'paloma-artifact-'))
})
afterAll(() => rm(directory, { recursive: true }))

async function run(args: readonly string[]) {
  const output = memoryOutput()
  const { connect } = fakeConnection({ artifact: ARTIFACT })
  const code = await runCommand(artifactCommand(connect, output), args, output)
  return { code, results: output.results(), notes: output.notes() }
}

describe('paloma artifact export', () => {
  it('writes the file and says what is in it', async () => {
    const file = join(directory, 'effects.json')
    const { code, results } = await run(['export', '--name', 'market A', '--out', file])
    expect(code).toBe(0)
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ ...ARTIFACT, name: 'market A' })
    expect(results).toContain('the artifact market A, 4 columns of sends, 4 layers')
    expect(results).toMatch(/conversion +± 0.3 +± 0.050/)
  })

  it('says the same as JSON', async () => {
    const file = join(directory, 'json.json')
    const { results } = await run(['export', '--name', 'a', '--out', file, '--json'])
    expect(JSON.parse(results)).toEqual({ name: 'a', file, columns: 4, layers: 4, objectives: ['conversion'] })
  })

  it('says where it cannot write', async () => {
    const file = join(directory, 'nowhere', 'x.json')
    const { code, results, notes } = await run(['export', '--name', 'a', '--out', file])
    expect({ code, results }).toEqual({ code: 1, results: '' })
    expect(notes).toBe(`error ARTIFACT_UNWRITABLE: ${file}: cannot be written (ENOENT)\n`)
  })

  it.each([
    [['export', '--out', 'x.json'], "required option '--name <name>' not specified"],
    [['export', '--name', ' ', '--out', 'x.json'], '--name must have 1 to 256 characters, got 1'],
  ])('says that it was called wrongly with %j', async (args, message) => {
    const { code, notes } = await run(args)
    expect(code).toBe(2)
    expect(notes).toContain(message)
  })
})
