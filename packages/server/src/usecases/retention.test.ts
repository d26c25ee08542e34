import { DAY_MS, decisionId, type EpochMs, HOUR_MS, type UserId, userId } from '@paloma/core'
import { afterEach, describe, expect, it } from 'vitest'
import type { Config } from '../config/contract.ts'
import { experimentDesignSchema } from '../config/experiment-design-schema.ts'
import { parquetLog } from '../log/index.ts'
import { exampleDecision, exampleNew, exampleOutcome, exampleProfile, NOON } from '../store/testing/examples.ts'
import type { RetentionRun } from './contract.ts'
import { exportNewDays } from './history.ts'
import { dayOf, keptSince } from './kept-since.ts'
import { RETENTION_RUN } from './retention.ts'
import { ALWAYS_SEND, ask, outcomesOf, proposal, track } from './testing/arrivals.ts'
import { type LabOptions, reserve, scriptedChannel, type UsecaseLab, usecaseLab } from './testing/usecase-lab.ts'

const DAYS_30: Partial<Config> = { retention: { storeDays: 30, exportedDays: null } }
const LATER = NOON + 100 * DAY_MS

let labs: UsecaseLab[] = []
afterEach(async () => {
  await Promise.all(labs.map((lab) => lab.close()))
  labs = []
})

async function open(options: LabOptions = {}): Promise<UsecaseLab> {
  const config = { ...ALWAYS_SEND, ...DAYS_30, ...options.config }
  const lab = await usecaseLab({ adapters: [scriptedChannel('email')], ...options, config })
  labs.push(lab)
  return lab
}

/** A decision to hold, and an outcome an hour after it, at noon of each of so many days before the clock. */
async function past(lab: UsecaseLab, agesDays: readonly number[], user = 'old-user'): Promise<void> {
  const now = lab.clock.now()
  await lab.store.users.change([{ userId: userId(user), update: (there) => there ?? exampleProfile(user) }])
  const at = (age: number): EpochMs => now - age * DAY_MS
  const { snapshotVersion, stateId } = { snapshotVersion: lab.deps.snapshots.current().version, stateId: 0 }
  await lab.store.decisions.insertMany(
    agesDays.map((age) => {
      const nothing = { chosen: 0, snapshotVersion, stateId, learning: null, assignments: [] }
      return exampleNew(exampleDecision(`${user}-d-${age}`, user, { at: at(age), ...nothing }), { deliver: false })
    }),
  )
  await lab.store.outcomes.insertMany(
    agesDays.map((age) =>
      exampleOutcome(`${user}-m-${age}`, user, { at: at(age) + HOUR_MS, receivedAt: at(age) + HOUR_MS }),
    ),
  )
}

async function retain(lab: UsecaseLab): Promise<number> {
  await lab.due.learn()
  return lab.due.retain()
}

async function decisionsOf(lab: UsecaseLab, user = 'old-user'): Promise<readonly string[]> {
  const found = await lab.store.decisions.listByUser(userId(user) as UserId, { limit: 1_000 })
  return found.map((each) => each.decisionId.replace(`${user}-`, '')).reverse()
}

async function lastRun(lab: UsecaseLab): Promise<RetentionRun> {
  return JSON.parse((await lab.store.registry.getSetting(RETENTION_RUN))!)
}

describe('what is older than the configuration says', () => {
  it('goes, day by day, once it is exported whole, and its files stay', async () => {
    const lab = await open()
    await past(lab, [45, 32, 31, 30, 29, 1])
    expect(await retain(lab)).toBeGreaterThan(0)
    // Noon of thirty days ago lies in a day that was whole thirty days ago.
    expect(await decisionsOf(lab)).toEqual(['d-30', 'd-29', 'd-1'])
    const outcomes = await lab.store.outcomes.listByUser(userId('old-user'), { limit: 100 })
    expect(outcomes.map(({ messageId }) => messageId)).toEqual(['old-user-m-1', 'old-user-m-29', 'old-user-m-30'])
    expect(await lab.deps.history.days()).toEqual([45, 32, 31].map((age) => dayOf(NOON - age * DAY_MS)))
    const [gone] = await lab.deps.history.readDecisions(dayOf(NOON - 32 * DAY_MS))
    expect(gone?.decisionId).toBe('old-user-d-32')
    expect(await lastRun(lab)).toMatchObject({ at: NOON, heldBy: [] })
    expect((await lastRun(lab)).rows).toBeGreaterThanOrEqual(6)
  })

  it('stays where the configuration does not say so', async () => {
    const lab = await open({ config: { retention: { storeDays: null, exportedDays: null } } })
    await past(lab, [1_000])
    expect(await retain(lab)).toBe(0)
    expect(await decisionsOf(lab)).toEqual(['d-1000'])
  })

  it('goes in steps, and a step that fails begins anew', async () => {
    const lab = await open({ isSystemClock: true })
    await past(lab, [45, 40, 1])
    await lab.due.learn()
    const through = async (): Promise<number> => {
      for (let steps = 0; ; steps += 1) if ((await lab.due.retain(1)) === 0) return steps
    }
    const { outcomes } = lab.store.retention
    Object.assign(lab.store.retention, {
      outcomes: async () => {
        throw new Error('the store went away')
      },
    })
    await expect(through()).rejects.toThrow('the store went away')
    expect(await decisionsOf(lab)).toEqual(['d-1'])
    Object.assign(lab.store.retention, { outcomes })
    expect(await through()).toBeGreaterThan(3)
    expect(await decisionsOf(lab)).toEqual(['d-1'])
    const left = await lab.store.outcomes.listByUser(userId('old-user'), { limit: 10 })
    expect(left.map(({ messageId }) => messageId)).toEqual(['old-user-m-1'])
  })

  it('is left to the process that exports', async () => {
    const lab = await open()
    await past(lab, [45])
    await lab.due.learn()
    const { lead } = lab.store
    Object.assign(lab.store, { lead: async (role: string) => role !== 'exporter' })
    expect(await lab.due.retain()).toBe(0)
    expect(await decisionsOf(lab)).toEqual(['d-45'])
    Object.assign(lab.store, { lead })
    await lab.due.retain()
    expect(await decisionsOf(lab)).toEqual([])
  })

  it('is told of: how long is kept, since when, and what holds the rest', async () => {
    const lab = await open()
    const check = async () => (await lab.usecases.health.ready()).checks.retention
    expect(await check()).toEqual({ ok: true, detail: 'nothing was deleted yet' })
    expect(await lab.usecases.retention.orDeleted()).toBe('')
    await lab.due.retain()
    expect(await check()).toEqual({
      ok: true,
      detail: 'all days are kept so far; last looked 2026-03-10T12:00:00.000Z',
    })
    await past(lab, [45, 3])
    await retain(lab)
    expect((await check())?.detail).toMatch(/^days since 2026-02-08T.* are kept; last looked 2026-03-10T12:00:00.000Z$/)
    expect(await lab.usecases.retention.orDeleted()).toMatch(/deleted for its age: .* since 2026-02-08 \(30 days\)$/)
    expect(await lab.usecases.retention.status()).toMatchObject({
      ...{ storeDays: 30, exportedDays: null, exportedSince: null, oldestDecision: NOON - 3 * DAY_MS },
      lastRun: { at: NOON, heldBy: [] },
      tables: expect.arrayContaining([expect.objectContaining({ table: 'decisions' })]),
    })
  })

  it('goes by itself while a virtual clock moves on', async () => {
    const lab = await open()
    await past(lab, [10])
    await lab.usecases.clock.advance(NOON + 20 * DAY_MS)
    expect(await decisionsOf(lab)).toEqual(['d-10'])
    await lab.usecases.clock.advance(NOON + 22 * DAY_MS)
    expect(await decisionsOf(lab)).toEqual([])
  })

  it('stays while an experiment looks at it, and for as long again after its stop', async () => {
    const lab = await open({ startAt: NOON - 40 * DAY_MS })
    const actor = 'test'
    const design = experimentDesignSchema.parse({
      key: 'tone',
      variants: [{ name: 'control' }, { name: 'warm' }],
      horizon: { kind: 'days', days: 30 },
    })
    await lab.usecases.experiments.create(design, actor)
    await lab.usecases.experiments.start('tone', actor)
    lab.clock.set(NOON)
    await past(lab, [80, 69, 67, 35])
    await retain(lab)
    // 28 days before the start are looked at, too.
    expect(await decisionsOf(lab)).toEqual(['d-67', 'd-35'])
    const { heldBy } = await lastRun(lab)
    expect(heldBy).toEqual([`experiment tone still runs: kept since ${dayOf(NOON - 68 * DAY_MS)}`])
    await lab.usecases.experiments.stop('tone', { decision: 'ship', reason: 'done' }, actor)
    lab.clock.set(NOON + 29 * DAY_MS)
    await retain(lab)
    expect((await lastRun(lab)).heldBy).toEqual([expect.stringContaining('experiment tone was stopped on 2026-03-10')])
    await expect(lab.usecases.experiments.results('tone')).rejects.not.toMatchObject({
      message: expect.stringContaining('deleted'),
    })
    lab.clock.set(NOON + 31 * DAY_MS)
    await retain(lab)
    expect(await decisionsOf(lab)).toEqual([])
    await expect(lab.usecases.experiments.exposures('tone')).rejects.toMatchObject({ code: 'EXPERIMENT_UNREADABLE' })
    await expect(lab.usecases.experiments.results('tone')).rejects.toMatchObject({
      code: 'EXPERIMENT_UNREADABLE',
      message: expect.stringMatching(/before 2026-03-11 was deleted for its age; exported days may reach further back/),
    })
  })

  it('stays until it was learned from', async () => {
    const lab = await open()
    await past(lab, [45])
    await lab.due.retain()
    expect(await decisionsOf(lab)).toEqual(['d-45'])
    expect((await lastRun(lab)).heldBy).toEqual(['nothing has been learned yet: kept since 1970-01-01'])
    await lab.due.learn()
    lab.clock.set(LATER)
    await past(lab, [110, 70])
    await lab.due.retain()
    expect((await lastRun(lab)).heldBy).toEqual([expect.stringContaining('nothing has been learned since 2026-03-10')])
    expect(await decisionsOf(lab)).toEqual(['d-70'])
  })

  it('stays while its day cannot be exported, and says so', async () => {
    let isFull = true
    const lab = await open()
    const real = parquetLog({ dir: lab.dir })
    Object.assign(lab.deps.history, {
      writeDay: async (...args: Parameters<typeof real.writeDay>) => {
        if (isFull && args[0] === dayOf(NOON - 40 * DAY_MS)) throw new Error('no space left')
        return real.writeDay(...args)
      },
    })
    await past(lab, [45, 40, 35])
    await retain(lab)
    expect(await decisionsOf(lab)).toEqual(['d-40', 'd-35'])
    expect((await lastRun(lab)).heldBy).toEqual([
      `${dayOf(NOON - 40 * DAY_MS)} cannot be exported (no space left): kept since ${dayOf(NOON - 40 * DAY_MS)}`,
    ])
    expect(lab.lines.join('')).toMatch(/deleting what is old: .* cannot be exported: no space left/)
    isFull = false
    await retain(lab)
    expect(await decisionsOf(lab)).toEqual([])
    expect((await lastRun(lab)).heldBy).toEqual([])
  })

  it('is exported again first where more of it came', async () => {
    const lab = await open()
    await past(lab, [29])
    await exportNewDays(lab.deps)
    const late = { at: NOON - 29 * DAY_MS, receivedAt: NOON }
    await lab.store.outcomes.insertMany([exampleOutcome('late', 'old-user', late)])
    lab.clock.set(NOON + 3 * DAY_MS)
    await retain(lab)
    const outcomes = await lab.deps.history.readOutcomes(dayOf(NOON - 29 * DAY_MS))
    expect(outcomes.map(({ messageId }) => messageId).sort()).toEqual(['late', 'old-user-m-29'])
    expect(await lab.store.outcomes.getMany(['late', 'old-user-m-29'])).toEqual(new Map())
  })

  it('is never written over by what is left of its day', async () => {
    const lab = await open()
    await past(lab, [40])
    await reserve(lab.store, 'waiting', 'w', {
      at: NOON - 40 * DAY_MS,
      sendAt: NOON + 5 * DAY_MS,
      expires: NOON + 9 * DAY_MS,
    })
    await retain(lab)
    const day = dayOf(NOON - 40 * DAY_MS)
    expect((await lab.deps.history.readDecisions(day)).length).toBe(2)
    expect(await lab.usecases.decisions.get(decisionId('w'))).toBeDefined()
    lab.clock.set(NOON + DAY_MS)
    await exportNewDays(lab.deps)
    await lab.usecases.history.export({ includeToday: true })
    expect((await lab.deps.history.readDecisions(day)).length).toBe(2)
  })

  it('goes with exported days, where these have their own time', async () => {
    const lab = await open({ config: { retention: { storeDays: 30, exportedDays: 60 } } })
    await past(lab, [70, 61, 59, 31, 1])
    await retain(lab)
    expect(await lab.deps.history.days()).toEqual([59, 31].map((age) => dayOf(NOON - age * DAY_MS)))
    await exportNewDays(lab.deps)
    expect(await lab.deps.history.days()).toEqual([59, 31, 1].map((age) => dayOf(NOON - age * DAY_MS)))
  })
})

describe('when something was deleted for its age', () => {
  async function forgetful(): Promise<UsecaseLab> {
    const lab = await open()
    await past(lab, [45, 1])
    await lab.usecases.users.upsert([{ userId: userId('old-user'), addresses: { email: 'old@example.org' } }])
    await retain(lab)
    expect(await keptSince(lab.store.registry)).toBe(Math.floor(NOON / DAY_MS) * DAY_MS - 30 * DAY_MS)
    return lab
  }
  const LONG_AGO = NOON - 45 * DAY_MS

  it('nothing of its days is compared, audited or planned with as if it were whole', async () => {
    const lab = await forgetful()
    await expect(lab.usecases.groups.compare(LONG_AGO, NOON)).rejects.toMatchObject({
      code: 'PERIOD_GONE',
      message: expect.stringContaining('from must be at least 2026-02-08T00:00:00.000Z'),
    })
    const since = await keptSince(lab.store.registry)
    expect((await lab.usecases.groups.compare(since, NOON)).groups.paloma.users).toBe(1)
    await expect(lab.usecases.decisions.audit({ day: dayOf(LONG_AGO) })).rejects.toMatchObject({ code: 'DAY_GONE' })
    expect((await lab.usecases.decisions.audit({})).checked).toBe(1)
    expect(await lab.usecases.decisions.explain(decisionId('old-user-d-45'))).toBeUndefined()
    expect(await lab.usecases.decisions.replay(decisionId('old-user-d-45'))).toBeUndefined()
  })

  it('the same event again is refused by its time, whatever its sender says of when it was sent', async () => {
    const lab = await forgetful()
    const replayed = [
      track('old-user-m-45', 'old-user', 'Order Completed', { timestamp: LONG_AGO, properties: { revenue: 5 } }),
      track('again', 'old-user', 'Order Completed', {
        timestamp: LONG_AGO,
        sentAt: LONG_AGO + 1,
        properties: { revenue: 5 },
      }),
      track('young', 'old-user', 'Order Completed', { timestamp: NOON - DAY_MS, properties: { revenue: 5 } }),
    ]
    const results = await lab.usecases.events.ingest(replayed)
    expect(outcomesOf(results)).toEqual(['EVENT_TOO_OLD', 'EVENT_TOO_OLD', 'created'])
    expect(results[0]).toMatchObject({
      error: {
        pointer: '/timestamp',
        detail: expect.stringContaining('what the store keeps of 30 days, got 2026-01-24T12:00'),
      },
    })
    const stored = await lab.store.outcomes.listByUser(userId('old-user'), { limit: 10 })
    expect(stored.map(({ messageId }) => messageId)).toEqual(['old-user-m-1', 'young'])
  })

  it('a bounce or an opt-out of that time is heard, and an event of now may speak of a decision that is gone', async () => {
    const lab = await forgetful()
    const bounce = track('b', 'old-user', 'Email Bounced', {
      timestamp: LONG_AGO,
      properties: { decisionId: 'old-user-d-45' },
    })
    const click = track('c', 'old-user', 'Email Link Clicked', { properties: { decisionId: 'old-user-d-45' } })
    expect(outcomesOf(await lab.usecases.events.ingest([bounce, click]))).toEqual(['updated', 'created'])
    const user = await lab.usecases.users.get(userId('old-user'))
    expect(user?.profile.suppressions).toMatchObject([{ channel: 'email', reason: 'bounce' }])
    expect(await lab.store.outcomes.getMany(['b'])).toEqual(new Map())
    const [joined] = await lab.store.outcomes.listByUser(userId('old-user'), { limit: 1 })
    expect(joined).toMatchObject({ messageId: 'c', decisionId: 'old-user-d-45', joinedBy: 'decisionId' })
    await lab.due.learn()
  })

  it('the link to unsubscribe in a message of long ago still works', async () => {
    const email = scriptedChannel('email')
    const lab = await open({ adapters: [email] })
    await lab.usecases.users.upsert([{ userId: userId('reader'), addresses: { email: 'r@example.org' } }])
    await lab.usecases.opportunities.propose([proposal('o-1', 'reader')])
    await lab.usecases.decisions.decide([ask('d-1', 'reader')])
    await lab.due.dispatch()
    const [message] = email.handed
    await lab.usecases.clock.advance(LATER)
    expect(await lab.usecases.decisions.get(decisionId('d-1'))).toBeUndefined()
    expect(await lab.usecases.opportunities.get(proposal('o-1', 'reader').id)).toBeUndefined()
    const token = message!.unsubscribeUrl!.split('/').at(-1)!
    expect(await lab.usecases.unsubscribe.act(token)).toMatchObject({ userId: 'reader', channel: 'email' })
    const user = await lab.usecases.users.get(userId('reader'))
    expect(user?.profile.consent.channelTopics).toMatchObject({ 'email:offers': 'denied' })
  })

  it('an opt-out of that time holds', async () => {
    const lab = await open()
    await lab.usecases.users.upsert([{ userId: userId('no'), addresses: { email: 'n@example.org' } }])
    await lab.usecases.events.ingest([track('no-1', 'no', 'Email Unsubscribed')])
    await lab.usecases.clock.advance(LATER)
    expect(await lab.store.outcomes.getMany(['no-1'])).toEqual(new Map())
    const user = await lab.usecases.users.get(userId('no'))
    expect(user?.profile.suppressions).toMatchObject([{ channel: 'email', reason: 'opt-out' }])
    await lab.usecases.opportunities.propose([proposal('o-no', 'no', { at: LATER })])
    await lab.usecases.decisions.decide([ask('d-no', 'no')])
    expect((await lab.usecases.decisions.get(decisionId('d-no')))?.actions).toEqual([{ kind: 'hold' }])
  })

  it('a decision that stayed because its send waits is not replayed without what it weighed', async () => {
    const lab = await forgetful()
    await reserve(lab.store, 'waiting', 'w', { at: LONG_AGO, sendAt: NOON + 5 * DAY_MS, expires: NOON + 9 * DAY_MS })
    const weighed = await lab.usecases.decisions.get(decisionId('w'))
    const orphan = {
      ...weighed!,
      decisionId: decisionId('w2'),
      inputs: { ...weighed!.inputs, opportunityIds: [proposal('gone', 'waiting').id] },
    }
    const { snapshots } = lab.deps
    const now = { snapshotVersion: snapshots.current().version, stateId: snapshots.current().state.id }
    await lab.store.decisions.insertMany([exampleNew({ ...orphan, ...now }, { deliver: false })])
    expect((await lab.usecases.decisions.replay(decisionId('w2')))?.fault).toEqual({
      code: 'OPPORTUNITY_GONE',
      detail: 'opportunity gone, which it weighed, is no longer stored',
    })
  })
})
