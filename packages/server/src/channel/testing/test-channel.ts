import {
  type Addresses,
  DEFAULT_CONSENT,
  decisionId,
  type SendId,
  sendId,
  type UserProfile,
  userId,
} from '@paloma/core/domain'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChannelAdapter, Message, SendResult } from '../contract.ts'

/** What a provider can be made to do; `accept` ends any trouble. */
export type Trouble = 'reject-address' | 'server-error' | 'hang-after-data' | 'drop-connection' | 'refuse-connection'

/** An adapter with a provider that speaks its protocol, and levers to make that provider misbehave. */
export interface ChannelLab {
  readonly adapter: ChannelAdapter
  /** Addresses at which the provider accepts messages. */
  readonly addresses: Addresses
  readonly content: Readonly<Record<string, string>>
  /** What the provider accepted, by sendId, in order, repeats included. */
  delivered(): Promise<readonly SendId[]> | readonly SendId[]
  /** How often the provider was handed message data, accepted or not. */
  attempts(): number
  accept(): Promise<void>
  make(trouble: Trouble): Promise<void>
  close(): Promise<void>
}

const ALL_TROUBLES: Readonly<Record<Trouble, Partial<SendResult>>> = {
  'reject-address': { kind: 'rejected', permanent: true, addressGone: true },
  'server-error': { kind: 'rejected', permanent: false },
  'hang-after-data': { kind: 'unknown' },
  'drop-connection': { kind: 'unknown' },
  'refuse-connection': { kind: 'rejected', permanent: false },
}

/** A message for the lab's user, with what a test wants different. */
export function testMessage(
  lab: Pick<ChannelLab, 'adapter' | 'addresses' | 'content'>,
  over: Partial<Message> = {},
): Message {
  return {
    sendId: sendId('send-1'),
    decisionId: decisionId('decision-1'),
    userId: userId('ada'),
    channel: lab.adapter.channel,
    message: 'price-drop',
    category: 'marketing',
    topic: 'offers',
    profile: testProfile(lab.addresses),
    content: lab.content,
    unsubscribeUrl: 'https://paloma.example/u/token',
    decidedAt: 1_750_000_000_000,
    expiresAt: 1_750_003_600_000,
    ...over,
  }
}

/** A user with these addresses. */
export function testProfile(addresses: Addresses): UserProfile {
  return { userId: userId('ada'), traits: {}, addresses, consent: DEFAULT_CONSENT, suppressions: [], createdAt: 0 }
}

/**
 * The conformance suite of ChannelAdapter. An adapter without a provider passes no troubles; `hasAddress: false` is for a
 * channel where the user id is the address.
 */
export function testChannel(
  name: string,
  setup: () => Promise<ChannelLab>,
  { troubles = [], hasAddress = true }: { readonly troubles?: readonly Trouble[]; readonly hasAddress?: boolean } = {},
): void {
  describe(`${name} as a channel`, () => {
    let lab: ChannelLab
    beforeEach(async () => {
      lab = await setup()
    })
    afterEach(() => lab.close())
    testDelivery(() => lab)
    testAddresses(() => lab, hasAddress)
    testTroubles(() => lab, troubles)
  })
}

function testDelivery(lab: () => ChannelLab): void {
  it('delivers a message once and says so', async () => {
    const result = await lab().adapter.send(testMessage(lab()))
    expect(result.kind).toBe('sent')
    expect(await lab().delivered()).toEqual(['send-1'])
  })

  it('delivers many messages at once, each one time', async () => {
    const ids = Array.from({ length: 40 }, (_, i) => sendId(`send-${i}`))
    const results = await Promise.all(ids.map((id) => lab().adapter.send(testMessage(lab(), { sendId: id }))))
    expect(results.map((result) => result.kind)).toEqual(ids.map(() => 'sent'))
    expect([...(await lab().delivered())].sort()).toEqual([...ids].sort())
  })

  it('keeps its promise about sending the same sendId twice', async () => {
    const { adapter } = lab()
    const results = [await adapter.send(testMessage(lab())), await adapter.send(testMessage(lab()))]
    expect(results.map((result) => result.kind)).toEqual(['sent', 'sent'])
    expect(await lab().delivered()).toHaveLength(adapter.traits.isIdempotent ? 1 : 2)
  })

  it('needs only content that its required fields name', async () => {
    const { adapter, content } = lab()
    const least = Object.fromEntries(adapter.requiredContent.map((field) => [field, content[field] ?? '']))
    expect(Object.values(least)).not.toContain('')
    expect((await adapter.send(testMessage(lab(), { content: least }))).kind).toBe('sent')
  })

  it('says that it is well, and how many it takes at once', async () => {
    const { adapter } = lab()
    expect(adapter.traits.concurrency).toBeGreaterThanOrEqual(1)
    expect((await adapter.check?.()) ?? { ok: true }).toMatchObject({ ok: true })
  })
}

function testAddresses(lab: () => ChannelLab, hasAddress: boolean): void {
  it('can reach a user who has an address', () => {
    expect(lab().adapter.canReach(testProfile(lab().addresses))).toBe(true)
  })

  it('cannot reach a user without an address, and refuses to try', async () => {
    expect(lab().adapter.canReach(testProfile({}))).toBe(!hasAddress)
    const result = await lab().adapter.send(testMessage(lab(), { profile: testProfile({}) }))
    expect(result).toMatchObject(hasAddress ? { kind: 'rejected', permanent: true } : { kind: 'sent' })
    expect(await lab().delivered()).toHaveLength(hasAddress ? 0 : 1)
  })
}

function testTroubles(lab: () => ChannelLab, troubles: readonly Trouble[]): void {
  it.each(troubles)('tells what became of a message after %s, and works again afterwards', async (trouble) => {
    const { adapter } = lab()
    await lab().make(trouble)
    const result = await adapter.send(testMessage(lab(), { sendId: sendId('troubled') }))
    expect(result).toMatchObject(ALL_TROUBLES[trouble])
    expect(result.kind === 'sent' ? '' : result.reason).not.toBe('')
    expect(lab().attempts()).toBeLessThanOrEqual(1)
    await lab().accept()
    expect((await adapter.send(testMessage(lab(), { sendId: sendId('after') }))).kind).toBe('sent')
    expect(await lab().delivered()).toEqual(['after'])
  })

  it.each(troubles)('tells the same after %s on a connection that worked before', async (trouble) => {
    const { adapter } = lab()
    expect((await adapter.send(testMessage(lab(), { sendId: sendId('before') }))).kind).toBe('sent')
    const attemptsBefore = lab().attempts()
    await lab().make(trouble)
    expect(await adapter.send(testMessage(lab(), { sendId: sendId('troubled') }))).toMatchObject(ALL_TROUBLES[trouble])
    expect(lab().attempts() - attemptsBefore).toBeLessThanOrEqual(1)
    expect(await lab().delivered()).toEqual(['before'])
  })

  it.runIf(troubles.includes('hang-after-data'))(
    'answers unknown when it is told to stop after the data went out',
    async () => {
      await lab().make('hang-after-data')
      const stop = new AbortController()
      const pending = lab().adapter.send(testMessage(lab()), stop.signal)
      while (lab().attempts() === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      stop.abort()
      expect((await pending).kind).toBe('unknown')
    },
  )

  it.runIf(troubles.length > 0)('hands nothing over when it is told to stop before it began', async () => {
    const result = await lab().adapter.send(testMessage(lab()), AbortSignal.abort())
    expect(result).toMatchObject({ kind: 'rejected', permanent: false })
    expect(lab().attempts()).toBe(0)
  })

  it.runIf(troubles.includes('refuse-connection'))('delivers again after the provider was restarted', async () => {
    const { adapter } = lab()
    await adapter.send(testMessage(lab(), { sendId: sendId('before') }))
    await lab().make('refuse-connection')
    await lab().accept()
    // Time for the adapter to notice that its idle connections were closed.
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect((await adapter.send(testMessage(lab(), { sendId: sendId('after') }))).kind).toBe('sent')
    expect(await lab().delivered()).toEqual(['before', 'after'])
  })

  it.runIf(troubles.includes('refuse-connection'))('says that it is not well when nobody listens', async () => {
    await lab().make('refuse-connection')
    expect((await lab().adapter.check?.()) ?? { ok: false }).toMatchObject({ ok: false })
  })
}
