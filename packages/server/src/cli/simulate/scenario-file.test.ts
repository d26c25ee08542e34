import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RETAIL, SCENARIOS, type Scenario } from '@paloma/core/simulation'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadScenario, parseScenario, saveScenario } from './scenario-file.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paloma-scenario-test-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

describe('a scenario file', () => {
  it.each(['json', 'yaml', 'yml'])('reads back what was written as .%s', async (ending) => {
    for (const scenario of SCENARIOS) {
      const path = join(dir, `${scenario.name}.${ending}`)
      await saveScenario(path, scenario)
      expect(await loadScenario(path)).toEqual(scenario)
    }
  })

  it('is asked for by name or by file, and a wrong name is told what there is', async () => {
    expect(await loadScenario('retail')).toBe(RETAIL)
    await expect(loadScenario('casino')).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('retail-broken-surrogate'),
    })
  })

  it.each([
    ['that is not there', 'missing.yaml', null, 'SCENARIO_UNREADABLE'],
    ['that is no JSON', 'broken.json', '{', 'SCENARIO_INVALID'],
    ['that is no YAML', 'broken.yaml', 'a: [', 'SCENARIO_INVALID'],
    ['that holds something else', 'list.yaml', '- 1', 'SCENARIO_INVALID'],
    ['that is empty', 'empty.yaml', '', 'SCENARIO_INVALID'],
  ])('is refused when it is one %s', async (_, file, text, code) => {
    const path = join(dir, file)
    if (text !== null) await writeFile(path, text)
    await expect(loadScenario(path)).rejects.toMatchObject({ code, message: expect.stringContaining(file) })
  })
})

describe('parseScenario', () => {
  const changed = (change: (draft: Record<string, any>) => void): unknown => {
    const draft = structuredClone(RETAIL) as unknown as Record<string, any>
    change(draft)
    return draft
  }

  it.each<[string, (draft: Record<string, any>) => void, RegExp]>([
    ['a share above 1', (d) => (d.reach.email = 1.2), /\/reach\/email expected number to be <=1, got 1.2/],
    ['a half-life of 0', (d) => (d.habit.halfLifeDays = 0), /\/habit\/halfLifeDays expected number to be >0, got 0/],
    ['text for a number', (d) => (d.order.logit = 'low'), /\/order\/logit expected number, got "low"/],
    ['a member nobody knows', (d) => (d.visit.logitt = 1), /\/visit\/logitt is not a known field/],
    ['a missing member', (d) => delete d.valuePerVisit, /\/valuePerVisit expected number, got nothing/],
    ['a zone that is none', (d) => (d.zones[0].name = 'Berlin'), /\/zones\/0\/name expected an IANA time zone/],
    ['a message twice', (d) => (d.producers[1].message = 'price-drop'), /\/producers\/1\/message expected a message/],
    [
      'a plan without a tilt',
      (d) => d.plans.push({ name: 'x', share: 0 }),
      /\/archetypes\/0\/byPlan expected one number/,
    ],
    [
      'no shares at all',
      (d) => (d.plans = d.plans.map((p: object) => ({ ...p, share: 0 }))),
      /\/plans expected a share/,
    ],
    [
      'a shift of nothing',
      (d) => (d.shifts = [{ fromDay: 3, messages: ['x'] }]),
      /\/shifts\/0\/messages expected mess/,
    ],
    ['no producers', (d) => (d.producers = []), /\/producers expected array to have >=1 items/],
    ['infinity', (d) => (d.visit.logit = Number.POSITIVE_INFINITY), /\/visit\/logit expected number, got Infinity/],
  ])('refuses %s and names field, range and value', (_, change, message) => {
    expect(() => parseScenario(changed(change), 'my.yaml')).toThrow(message)
  })

  it('names several faults at once, and says how many more there are', () => {
    const document = changed((d) => {
      for (const key of ['visit', 'order', 'reach', 'habit', 'harm', 'response'] as const) d[key] = 7
    })
    expect(() => parseScenario(document, 'my.yaml')).toThrow(/^my.yaml: .*; and 1 more$/)
  })

  it('keeps every scenario there is', () => {
    for (const scenario of SCENARIOS) expect<Scenario>(parseScenario(scenario, scenario.name)).toEqual(scenario)
  })
})
