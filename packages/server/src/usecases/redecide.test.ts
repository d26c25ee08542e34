import { DAY_MS, decisionId, HOUR_MS, type SendId, userId } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exampleDecision, exampleNew } from '../store/testing/examples.ts'
import { dueDecisionId } from './redecide.ts'
import { ALWAYS_SEND, type ArrivalsLab, arrivalsLab, ask, introduce, outcomesOf, proposal } from './testing/arrivals.ts'
import { reserve } from './testing/usecase-lab.ts'

/** How long after its decision a planned send is due. */
const WAIT_MS = 2 * HOUR_MS

describe('a planned send that falls due', () => {
  let lab: ArrivalsLab
  beforeAll(async () => {
    lab = await arrivalsLab({ config: ALWAYS_SEND })
  })
  afterAll(() => lab.close())
  const planned = (id: string, user = 'ada') => {
    const at = lab.clock.now()
    return reserve(lab.store, user, id, { at, sendAt: at + WAIT_MS })
  }
  const wait = (ms = WAIT_MS) => lab.clock.set(lab.clock.now() + ms)
  const sendOf = (id: string) => lab.store.sends.get(`send-${id}` as SendId)
  const opportunityStatus = async (id: string) =>
    (await lab.usecases.opportunities.get(proposal(`o-${id}`, 'ada').id))?.status

  it('is decided again with what is known then, and goes out', async () => {
    await planned('one')
    expect(await lab.due.redecide()).toBe(0)
    wait()
    expect(await lab.due.redecide()).toBe(1)
    expect(await sendOf('one')).toMatchObject({ status: 'closed' })
    expect(await sendOf('one:due')).toMatchObject({ status: 'reserved', decisionId: 'one:due', dueAt: lab.clock.now() })
    await lab.due.dispatch()
    expect(lab.email.sent().map(({ sendId }) => sendId)).toEqual(['send-one:due'])
    expect(await lab.usecases.decisions.replay(decisionId('one:due'))).toMatchObject({ identical: true })
  })

  it('waits its turn where many are due at once: others are not kept waiting for all of them', async () => {
    for (let i = 0; i < 60; i += 1) await planned(`many-${i}`, 'many')
    wait()
    expect([await lab.due.redecide(1), await lab.due.redecide(1), await lab.due.redecide(1)]).toEqual([50, 10, 0])
    await lab.due.dispatch()
  })

  it('is dropped where the user has said no in the meantime, and its opportunity opens again', async () => {
    await planned('no', 'nora')
    await lab.usecases.users.upsert([{ userId: userId('nora'), consent: { channels: { email: 'denied' } } }])
    wait()
    await lab.due.redecide()
    expect(await sendOf('no')).toMatchObject({ status: 'closed' })
    expect(await sendOf('no:due')).toBeUndefined()
    expect(await opportunityStatus('no')).toBe('open')
  })

  it('is called off with the reason where the user’s profile makes a decision impossible, and holds up nobody', async () => {
    const broken = await introduce(lab, 'broken')
    await planned('broken', 'broken')
    await planned('beside', 'ada')
    await lab.store.users.change([
      { userId: broken, update: (profile) => ({ ...profile!, timeZone: 'Atlantis/Centre' }) },
    ])
    wait()
    expect(await lab.due.redecide()).toBe(2)
    expect(await sendOf('broken')).toMatchObject({ status: 'refused', error: expect.stringContaining('Atlantis') })
    expect(await sendOf('beside:due')).toMatchObject({ status: 'reserved' })
    await lab.due.dispatch()
  })

  it('is called off with the reason where its user is gone, and never looked at again', async () => {
    const at = lab.clock.now()
    await lab.store.opportunities.insertMany([proposal('o-ghost', 'ghost', { at })], at)
    const action = {
      kind: 'send',
      opportunityId: proposal('o-ghost', 'ghost').id,
      variant: 'default',
      channel: 'email',
      sendAt: at + WAIT_MS,
    } as const
    const decision = exampleDecision('ghost', 'ghost', { at, actions: [{ kind: 'hold' }, action] })
    await lab.store.decisions.insertMany([exampleNew(decision)])
    wait()
    expect(await lab.due.redecide()).toBe(1)
    expect(await sendOf('ghost')).toMatchObject({ status: 'refused', error: 'user ghost is gone' })
    expect(await opportunityStatus('ghost')).toBe('open')
    expect(await lab.due.redecide()).toBe(0)
  })

  it('is called off where somebody has taken the id of its decision, and its neighbour is not', async () => {
    await planned('taken')
    await planned('free', 'bob')
    await introduce(lab, 'eve')
    expect(outcomesOf(await lab.usecases.decisions.decide([ask('taken:due', 'eve')]))).toEqual(['created'])
    wait()
    expect(await lab.due.redecide()).toBe(2)
    expect(await sendOf('taken')).toMatchObject({
      status: 'refused',
      error: 'decision taken:due was made for another request',
    })
    expect(await sendOf('free:due')).toMatchObject({ status: 'reserved' })
    expect(await lab.due.redecide()).toBe(0)
  })

  it('is not sent after its window has closed', async () => {
    await planned('late')
    wait(2 * DAY_MS)
    await lab.due.redecide()
    await lab.due.dispatch()
    expect(lab.email.sent().map(({ sendId }) => sendId)).not.toContain('send-late:due')
    expect(await opportunityStatus('late')).toBe('expired')
  })
})

describe('dueDecisionId', () => {
  it('adds to the id, and stays within the length of an id however often it is asked', () => {
    expect(dueDecisionId(decisionId('x'))).toBe('x:due')
    let id = decisionId('y'.repeat(256))
    const seen = new Set<string>([id])
    for (let i = 0; i < 60; i += 1) {
      id = dueDecisionId(id)
      expect(id.length).toBeLessThanOrEqual(256)
      seen.add(id)
    }
    expect(seen.size).toBe(61)
  })
})
