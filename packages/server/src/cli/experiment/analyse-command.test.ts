import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { memoryOutput, runCommand } from '../print/index.ts'
import { experimentCommand } from './experiment-command.ts'
import { NO_SERVER, NOW } from './testing/no-server.ts'

const example = fileURLToPath(new URL('../../../../../examples/experiment/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'paloma-analyse-'))
afterAll(() => rmSync(folder, { recursive: true }))

const words = {
  spec: join(example, 'experiment.yaml'),
  assignments: join(example, 'assignments.csv'),
  metrics: join(example, 'events.csv'),
}

async function analyse(...more: readonly string[]) {
  return analyseWith(words, ...more)
}

async function analyseWith(files: typeof words, ...more: readonly string[]) {
  const output = memoryOutput()
  const flags = Object.entries(files).flatMap(([name, path]) => [`--${name}`, path])
  const code = await runCommand(
    experimentCommand(output, NO_SERVER, () => NOW),
    ['analyse', ...flags, ...more],
    output,
  )
  return { code, results: output.results(), notes: output.notes() }
}

describe('paloma experiment analyse', () => {
  it('prints quality, decision and a table for people, and answers 0', async () => {
    const { code, results, notes } = await analyse()
    expect(code).toBe(0)
    expect(notes).toBe('')
    expect(results).toMatch(/^gentle-cadence, as of 2026-03-29T/)
    expect(results.indexOf('sample ratio')).toBeLessThan(results.indexOf('Ship gentle.'))
    expect(results).toMatch(/visits +success .* better/)
    expect(results).toMatch(/buyers +guardrail .* within margin/)
  })

  it('prints one JSON object under the names that people know', async () => {
    const { code, results } = await analyse('--json')
    expect(code).toBe(0)
    const found = JSON.parse(results)
    expect(found.decision.verdict).toBe('ship')
    expect(found.quality.status).toBe('passed')
    const [visits] = found.comparisons[0].metrics
    expect(visits.fields).toMatchObject({ metricID: 'visits', directionality: 'increase' })
    expect(visits.fields.percent_confidence_interval_delta).toHaveLength(2)
  })

  it('answers 1 for a spec or a table that is wrong, and says where', async () => {
    const spec = join(folder, 'wrong.yaml')
    writeFileSync(spec, readFileSync(words.spec, 'utf8').replace('weight: 0.5', 'weight: 0.7'))
    expect(await analyseWith({ ...words, spec })).toMatchObject({ code: 1, results: '' })
    const { code, notes } = await analyseWith({ ...words, spec, metrics: 'none.csv' })
    expect(code).toBe(1)
    expect(notes).toMatch(/SPEC_INVALID: .*wrong.yaml: \/variants expected weights that sum to 1, got 1.2/)
  })

  it('answers 1 with the path of a report that cannot be written, and no trace of the program', async () => {
    const { code, results, notes } = await analyse('--report', '/nowhere/page.html')
    expect({ code, results }).toEqual({ code: 1, results: '' })
    expect(notes).toBe('error REPORT_UNWRITABLE: /nowhere/page.html: cannot be written (ENOENT)\n')
  })

  it('answers 2 where it is called wrongly', async () => {
    const output = memoryOutput()
    expect(
      await runCommand(
        experimentCommand(output, NO_SERVER, () => NOW),
        ['analyse', '--spec', words.spec],
        output,
      ),
    ).toBe(2)
    expect(await analyse('--memory', 'much')).toMatchObject({ code: 2 })
  })
})
