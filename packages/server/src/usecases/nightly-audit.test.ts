import { DAY_MS, type Decision, decisionId, MINUTE_MS, type Snapshot } from '@paloma/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { exampleDecision, exampleNew, NOON } from '../store/testing/examples.ts'
import { lastNightlyAudit, nightlyAuditor } from './nightly-audit.ts'
import { NO_NOTES } from './notes.ts'
import { ALWAYS_SEND, type ArrivalsLab, arrivalsLab, decideFor } from './testing/arrivals.ts'

describe('the audit of a night', () => {
  let lab: ArrivalsLab
  /** Noon of the day of the running test, which has decisions of its own. */
  let noon = NOON - DAY_MS
  const day = (): string => new Date(noon).toISOString().slice(0, 10)
  const nightFalls = (): void => lab.clock.set(noon + 0.5 * DAY_MS)
  beforeAll(async () => {
    lab = await arrivalsLab({ config: { rules: ALWAYS_SEND.rules! } })
  })
  beforeEach(() => {
    noon += DAY_MS
    lab.clock.set(noon)
  })
  afterAll(() => lab.close())

  const found = () => lastNightlyAudit(lab.store.registry)
  const shown = async () => (await lab.usecases.health.ready()).checks.audit
  const write = (id: string, changes: Partial<Decision>) =>
    lab.store.decisions.insertMany([
      exampleNew(exampleDecision(id, 'other', { chosen: 0, at: noon + 1, ...changes, decisionId: decisionId(id) })),
    ])

  it('waits for the night, finds a sound day, and looks at it once', async () => {
    for (const user of ['ada', 'bea', 'cy']) await decideFor(lab, user)
    expect(await shown()).toBeUndefined()
    expect(await lab.due.audit()).toBe(0)
    expect(await found()).toMatchObject({ day: '2026-03-09', checked: 0 })
    nightFalls()
    const at = lab.clock.now()
    expect(await lab.due.audit()).toBe(3)
    expect(await found()).toEqual({
      ...{ day: day(), at, checked: 3, isCut: false },
      ...{ differing: 0, first: null, suspects: [] },
    })
    expect(await shown()).toEqual({ ok: true, detail: `${day()}: 3 decisions come out the same` })
    expect((await lab.usecases.health.counts()).audit).toEqual(await found())
    lab.clock.set(at + MINUTE_MS)
    expect(await lab.due.audit()).toBe(0)
    expect((await found())?.at).toBe(at)
    expect(lab.lines).toEqual([])
  })

  it('tells the owner which decision does not come out the same, and when all is well again', async () => {
    const told = await decideFor(lab, 'dan')
    const scores = told.scores.map((score) => score + 1)
    await lab.store.decisions.insertMany([exampleNew({ ...told, decisionId: decisionId('d-warped'), scores })])
    await write('d-lost', { snapshotVersion: 'never' })
    nightFalls()
    await lab.due.audit()
    const { first } = (await found())!
    expect(first?.decisionId).toBe('d-warped')
    const text = `${day()}: 2 of 3 decisions do not come out the same, first d-warped (${first?.why})`
    expect(await found()).toMatchObject({ checked: 3, differing: 2 })
    expect(await shown()).toEqual({ ok: false, detail: text })
    expect((await lab.usecases.health.ready()).ready).toBe(true)
    expect(lab.lines).toEqual([`audit: ${text}\n`])
    lab.clock.set(noon + 1.5 * DAY_MS)
    await lab.due.audit()
    expect(lab.lines.at(-1)).toBe('audit: works again\n')
    noon += DAY_MS
    expect(await shown()).toEqual({ ok: true, detail: `${day()}: no decisions` })
  })

  it('tells of choices that had no chance', async () => {
    await write('d-impossible', { probabilities: [0, 1], propensity: 0 })
    nightFalls()
    await lab.due.audit()
    expect(await found()).toMatchObject({ suspects: ['paloma/thompson'] })
    expect((await shown())?.detail).toMatch(/; choices of paloma\/thompson do not fall as their probabilities say$/)
  })

  it('looks at no more than it may, and says so', async () => {
    for (const user of ['eve', 'fay', 'gil']) await decideFor(lab, user)
    nightFalls()
    const audit = nightlyAuditor(lab.deps, { notes: NO_NOTES, most: 2 })
    expect([await audit(1), await audit(1)]).toEqual([2, 0])
    expect(await found()).toMatchObject({ checked: 2, isCut: true })
    expect((await shown())?.detail).toBe(`${day()}: the first 2 decisions come out the same`)
  })

  it('begins anew where the store failed on the way', async () => {
    await decideFor(lab, 'hal')
    nightFalls()
    let isAway = true
    const at = (version: Snapshot['version'], stateId: number) => {
      if (isAway) throw new Error('the store is away')
      return lab.deps.snapshots.at(version, stateId)
    }
    const audit = nightlyAuditor({ ...lab.deps, snapshots: { ...lab.deps.snapshots, at } }, { notes: NO_NOTES })
    await expect(audit(1)).rejects.toThrow('the store is away')
    expect((await found())?.day).not.toBe(day())
    isAway = false
    expect(await audit(1)).toBe(1)
    expect(await found()).toMatchObject({ day: day(), checked: 1, differing: 0 })
  })
})
