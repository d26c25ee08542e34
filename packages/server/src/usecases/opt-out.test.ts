import { type SendId, type UserId, userId } from '@paloma/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { problemOfItem } from '../http/problem.ts'
import type { Store } from '../store/contract.ts'
import { pgliteStore } from '../store/pglite-store.ts'
import { eventUsecases } from './events.ts'
import {
  ALWAYS_SEND,
  type ArrivalsLab,
  arrivalsLab,
  ask,
  introduce,
  outcomesOf,
  proposal,
  sendNow,
  track,
} from './testing/arrivals.ts'
import { type ScriptedChannel, scriptedChannel } from './testing/usecase-lab.ts'
import { userUsecases } from './users.ts'

/** Lets everything run that can run now. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 200; i += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('an opt-out', () => {
  let embedded: Store
  let lab: ArrivalsLab
  let ada: UserId
  let round = 0
  let email: ScriptedChannel
  let deliver: () => void
  let dispatched: Promise<number>

  beforeAll(async () => {
    embedded = await pgliteStore({ dataDir: null })
  })
  afterAll(() => embedded.close())

  /** One message is with its provider, who does not answer before `deliver`; a second one is open. */
  beforeEach(async () => {
    email = scriptedChannel('email')
    lab = await arrivalsLab({ config: ALWAYS_SEND, adapters: [email], store: embedded })
    round += 1
    ada = await introduce(lab, `ada-${round}`)
    await sendNow(lab, `first-${round}`, ada)
    const answered = new Promise<void>((resolve) => {
      deliver = resolve
    })
    email.answer(async () => {
      await answered
      return { kind: 'sent', providerMessageId: 'p' }
    })
    dispatched = lab.due.dispatch()
    while (email.handed.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await lab.usecases.opportunities.propose([proposal(`o-second-${round}`, ada)])
  })
  afterEach(async () => {
    deliver()
    await dispatched
    await lab.close()
  })

  const denial = () => [{ userId: ada, consent: { channels: { email: 'denied' as const } } }]
  const unsubscribed = () => [
    track(`m-out-${round}`, ada, 'Email Unsubscribed'),
    track(`m-other-${round}`, 'bob', 'App Visited'),
  ]
  const sendOf = (id: string) => lab.store.sends.get(`send-${id}-${round}` as SendId)
  const opens: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['a denied channel', () => lab.usecases.users.upsert(denial())],
    [
      'consent taken back to unknown',
      () => lab.usecases.users.upsert([{ userId: ada, consent: { topics: { offers: 'unknown' } } }]),
    ],
    ['an unsubscribe event', () => lab.usecases.events.ingest(unsubscribed())],
  ]

  it.each(opens)('by %s is acknowledged only when nothing is with a provider', async (_, withdraw) => {
    let acknowledged = false
    const done = withdraw().then(() => {
      acknowledged = true
    })
    await settle()
    expect(acknowledged).toBe(false)
    deliver()
    await done
    expect(acknowledged).toBe(true)
    expect((await sendOf('first'))?.status).toBe('sent')
  })

  it('lets nothing out once it is acknowledged, not even what was reserved before', async () => {
    await lab.usecases.decisions.decide([ask(`second-${round}`, ada)])
    expect((await sendOf('second'))?.status).toBe('reserved')
    const done = lab.usecases.users.upsert(denial())
    deliver()
    expect(outcomesOf(await done)).toEqual(['updated'])
    await dispatched
    await lab.due.dispatch()
    expect(email.handed).toHaveLength(1)
    expect(await sendOf('second')).toMatchObject({
      status: 'refused',
      refusals: [{ reason: 'channel-denied' }],
    })
    await lab.usecases.opportunities.propose([proposal(`o-third-${round}`, ada)])
    const [third] = await lab.usecases.decisions.decide([ask(`third-${round}`, ada)])
    expect(third).toMatchObject({ ok: true, value: { send: null } })
  })

  it('that waits in vain is stored and answered as a failure that may be repeated, its neighbours as done', async () => {
    let pauses = 0
    const pause = async (): Promise<void> => {
      pauses += 1
    }
    // Half a minute of looking without the looks.
    const store = { ...lab.store, sends: { ...lab.store.sends, inFlight: async () => 1 } }
    const impatient = { ...lab.deps, store, pause }
    const users = userUsecases(impatient)
    const [refused, other] = await users.upsert([...denial(), { userId: userId('bob'), traits: { plan: 'free' } }])
    expect(other).toMatchObject({ ok: true, value: { traits: { plan: 'free' } } })
    expect(refused).toMatchObject({ ok: false, error: { code: 'SENDS_IN_FLIGHT_TIMEOUT' } })
    expect(pauses).toBe(1_500)
    expect((await users.get(ada))?.profile.consent.channels).toEqual({ email: 'denied' })
    const problem = problemOfItem(refused?.ok === false ? refused.error : { code: '', detail: '' })
    expect(problem).toMatchObject({ status: 503, hint: 'the withdrawal is stored; ask again to have it acknowledged' })
    const results = await eventUsecases(impatient, users.upsert).ingest(unsubscribed())
    expect(outcomesOf(results)).toEqual(['SENDS_IN_FLIGHT_TIMEOUT', 'created'])
    deliver()
    await dispatched
    expect(outcomesOf(await lab.usecases.events.ingest(unsubscribed()))).toEqual(['duplicate', 'duplicate'])
  })

  it('holds up nobody else while it waits', async () => {
    const done = lab.usecases.events.ingest(unsubscribed())
    expect(outcomesOf(await lab.usecases.events.ingest([track(`m-bob-${round}`, 'bob', 'App Visited')]))).toEqual([
      'created',
    ])
    expect(outcomesOf(await lab.usecases.users.upsert([{ userId: userId('bob'), traits: { n: 1 } }]))).toEqual([
      'updated',
    ])
    deliver()
    await done
  })
})
