import { type UserId, userId } from '@paloma/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { defaultConfig } from '../config/default-config.ts'
import { deliveryStatus, feedback } from '../mail-report/testing/reports.ts'
import { NOON } from '../store/testing/examples.ts'
import { ALWAYS_SEND, type ArrivalsLab, arrivalsLab, introduce, sendNow } from './testing/arrivals.ts'
import { usecaseLab } from './testing/usecase-lab.ts'

const SMTP = { kind: 'smtp', url: 'smtp://mail.example', from: 'news@acme.example' } as const

describe('a report that comes back by mail', () => {
  let lab: ArrivalsLab
  let round = 0
  let ada: UserId
  let decisionId: string
  let messageId: string
  beforeAll(async () => {
    const adapters = { email: { ...SMTP, returnPath: 'bounces+*@acme.example' } }
    lab = await arrivalsLab({ config: { ...ALWAYS_SEND, adapters } })
  })
  afterAll(() => lab.close())
  beforeEach(async () => {
    round += 1
    ada = await introduce(lab, `m-ada-${round}`)
    decisionId = `m-${round}`
    messageId = `send-${decisionId}@acme.example`
    await sendNow(lab, decisionId, ada)
    await lab.due.lanes.find(({ name }) => name === 'email')!.run()
  })

  const take = async (raw: Uint8Array) => {
    const result = await lab.usecases.mailReports.take(raw)
    return result.ok ? result.value : result.error
  }
  const barred = async () => (await lab.usecases.users.get(ada))!.profile.suppressions.map(({ reason }) => reason)
  const outcomes = () => lab.store.outcomes.listByUser(ada, { limit: 9 })
  const reportId = () => `report-${round}@mx.example`

  it('ends what goes to an address that does not exist, once however often it is read', async () => {
    const raw = deliveryStatus({ messageId, reportId: reportId() })
    const expected = { kind: 'bounce', status: '5.1.1', isHard: true, sendId: `send-${decisionId}`, decisionId }
    expect(await take(raw)).toMatchObject({ ...expected, event: { name: 'Email Bounced', status: 'created' } })
    expect(await take(raw)).toMatchObject({ ...expected, event: { status: 'duplicate' } })
    expect(await barred()).toEqual(['bounce'])
    expect(await outcomes()).toMatchObject([{ decisionId, reachLoss: 'bounced', at: NOON }])
  })

  it('is a complaint where somebody called the message spam', async () => {
    expect(await take(feedback({ messageId }))).toMatchObject({
      kind: 'complaint',
      event: { name: 'Email Marked as Spam', status: 'created' },
    })
    expect(await barred()).toEqual(['complaint'])
  })

  it('finds its message by the return path where the Message-ID was rewritten', async () => {
    const to = `<bounces+send-${decisionId}@acme.example>`
    const raw = deliveryStatus({ messageId: 'rewritten@relay.example', to, reportId: reportId() })
    expect(await take(raw)).toMatchObject({ decisionId, event: { status: 'created' } })
    expect(await barred()).toEqual(['bounce'])
  })

  it('costs nobody anything for a full mailbox, until so many messages in a row came back', async () => {
    for (let i = 1; i <= defaultConfig.events.softBounces; i += 1) {
      expect(await barred()).toEqual([])
      const id = `m-full-${round}-${i}`
      await sendNow(lab, id, ada)
      await lab.due.lanes.find(({ name }) => name === 'email')!.run()
      const fields = { Status: '5.2.2', 'Diagnostic-Code': 'smtp; 552 5.2.2 full' }
      const raw = deliveryStatus({ fields, messageId: `send-${id}@acme.example`, reportId: `full-${i}-${reportId()}` })
      expect(await take(raw)).toMatchObject({ isHard: false, event: { status: 'created' } })
    }
    expect(await barred()).toEqual(['bounce'])
  })

  it('says nothing of an address that has taken the place of the one that bounced', async () => {
    await lab.usecases.users.upsert([{ userId: ada, addresses: { email: 'new@example.org' } }])
    expect(await take(deliveryStatus({ messageId, reportId: reportId() }))).toMatchObject({
      event: { status: 'created' },
    })
    expect(await barred()).toEqual([])
    expect(await outcomes()).toMatchObject([{ decisionId, reachLoss: null }])
  })

  it.each([
    ['nothing that was sent', 'send-nobody@acme.example', 'nothing was sent as send-nobody@acme.example'],
    ['a name that no store takes', 'send-%00@acme.example', 'nothing was sent as send-%00@acme.example'],
    ['no message', null, 'the report names no message'],
  ])('that is about %s changes nothing', async (_, id, detail) => {
    expect(await take(deliveryStatus({ messageId: id }))).toMatchObject({
      kind: 'bounce',
      event: null,
      sendId: null,
      detail: expect.stringContaining(detail),
    })
    expect(await outcomes()).toEqual([])
  })

  it('that is none changes nothing', async () => {
    expect(await take(Buffer.from('Subject: hello\r\n\r\n5.1.1'))).toMatchObject({ kind: 'other', event: null })
  })

  it('is not taken for a message that cannot have gone out, or went another way', async () => {
    await lab.usecases.users.upsert([{ userId: userId('m-push'), addresses: { pushToken: 't', email: 'p@x.example' } }])
    await sendNow(lab, `m-waits-${round}`, userId('m-push'))
    const raw = deliveryStatus({ messageId: `send-m-waits-${round}@acme.example` })
    expect(await lab.store.sends.get(`send-m-waits-${round}` as never)).toMatchObject({ status: 'reserved' })
    expect(await take(raw)).toMatchObject({ event: null })
  })

  it('asks for an event to report it as where the configuration has none', async () => {
    const events = { ...defaultConfig.events, reachLosses: {} }
    const other = await usecaseLab({ store: lab.store, config: { ...ALWAYS_SEND, events } })
    const result = await other.usecases.mailReports.take(deliveryStatus({ messageId }))
    expect(result).toMatchObject({ ok: false, error: { code: 'LOSS_NOT_CONFIGURED' } })
    await other.close()
  })
})
