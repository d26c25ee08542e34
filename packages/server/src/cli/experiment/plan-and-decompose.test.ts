import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { memoryOutput, runCommand } from '../print/index.ts'
import { experimentCommand } from './experiment-command.ts'
import { NO_SERVER, NOW } from './testing/no-server.ts'

const example = fileURLToPath(new URL('../../../../../examples/experiment/', import.meta.url))
const spec = ['--spec', `${example}experiment.yaml`]

async function run(...args: readonly string[]) {
  const output = memoryOutput()
  const code = await runCommand(
    experimentCommand(output, NO_SERVER, () => NOW),
    args,
    output,
  )
  return { code, results: output.results(), notes: output.notes() }
}

describe('paloma experiment plan', () => {
  it('names users, days and the bottleneck from the past of the metrics', async () => {
    const args = ['plan', ...spec, '--history', `${example}events.csv`, '--users-per-day', '200']
    const { code, results } = await run(...args, '--json')
    expect(code).toBe(0)
    const { plan, metrics, curve, daysWithWindow } = JSON.parse(results)
    expect(plan.bottleneck).toBe('buyers')
    expect(plan.units).toBe(Math.ceil(Math.max(...plan.metrics.map(({ units }: { readonly units: number }) => units))))
    expect(plan.days).toBe(Math.ceil(plan.units / 200))
    expect(daysWithWindow).toBe(plan.days + 7)
    expect(metrics[0].mean).toBeGreaterThan(3)
    const found = curve.visits.map(({ relative }: { readonly relative: number }) => relative)
    expect([...found].sort((a, b) => b - a)).toEqual(found)
    expect((await run(...args)).results).toMatch(/The bottleneck is buyers/)
  })

  it('says which metric lacks a past', async () => {
    const { code, notes } = await run('plan', ...spec)
    expect(code).toBe(1)
    expect(notes).toMatch(/PLAN_INCOMPLETE: metric "visits" expects a history or a baseline: there is none/)
  })

  it('answers 2 for a number of users that is none', async () => {
    expect(await run('plan', ...spec, '--users-per-day', '-3')).toMatchObject({ code: 2 })
  })
})

describe('paloma experiment decompose', () => {
  const tables = ['--assignments', `${example}assignments.csv`, '--metrics', `${example}events.csv`]

  it('takes effects apart so that the parts sum to the total', async () => {
    const { code, results } = await run('decompose', ...spec, ...tables, '--json')
    expect(code).toBe(0)
    const [{ segments, funnels }] = JSON.parse(results).treatments
    const effectOf = ({ effect }: { readonly effect: number }): number => effect
    for (const { found } of segments) {
      expect(effectOf(found.mix) + effectOf(found.rate)).toBeCloseTo(effectOf(found.total), 12)
    }
    const [{ found }] = funnels
    const sum = found.steps.map(effectOf).reduce((a: number, b: number) => a + b, 0)
    expect(sum).toBeCloseTo(effectOf(found.total), 12)
    const total = segments.find(({ metric }: { readonly metric: string }) => metric === 'revenue').found.total
    // The funnel counts users who count in all of its stages, which are all.
    expect(effectOf(total)).toBeCloseTo(effectOf(found.total), 9)
  })

  it('prints a table per decomposition for people', async () => {
    const { results } = await run('decompose', ...spec, ...tables)
    expect(results).toMatch(/visits by platform\n.*other users +other values/)
    expect(results).toMatch(/from visits to revenue, by step/)
  })
})
