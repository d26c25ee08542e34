import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PalomaApiError } from './api-error.ts'
import { createEventQueue, type EventQueue } from './event-queue.ts'
import type { EventInput, WireBatchAnswer } from './wire.ts'

const event = (name: string, properties: Readonly<Record<string, unknown>> = {}): EventInput =>
  ({ type: 'track', userId: 'ann', event: name, properties }) as EventInput

describe('a queue of events', () => {
  let sent: string[][]
  let told: { readonly code: string; readonly events: readonly string[] }[]
  /** What the server says of a batch; undefined takes it. */
  let refuse: (names: readonly string[]) => Error | undefined
  beforeEach(() => {
    vi.useFakeTimers()
    sent = []
    told = []
    refuse = () => undefined
  })
  afterEach(() => vi.useRealTimers())

  const namesOf = (events: readonly EventInput[]): string[] => events.map((each) => String(each.event))
  const queueOf = (batchSize = 100): EventQueue =>
    createEventQueue({
      onWarning: (warning, named) => told.push({ code: warning.code, events: namesOf([named]) }),
      batchSize,
      flushMs: 1_000,
      onError: (error, events) =>
        told.push({ code: 'code' in error ? String(error.code) : error.message, events: namesOf(events) }),
      async send(batch): Promise<WireBatchAnswer> {
        const refusal = refuse(namesOf(batch))
        if (refusal !== undefined) throw refusal
        sent.push(namesOf(batch))
        const done = { ok: true, status: 'created', value: { messageId: 'm' } } as const
        const warnings = [{ code: 'DECISION_UNKNOWN', detail: 'nobody made it' }]
        return { success: true, results: batch.map(({ event }) => (event === 'stray' ? { ...done, warnings } : done)) }
      },
    })

  it('sends what waited while the server was away, though nothing new comes', async () => {
    let isAway = true
    refuse = () => (isAway ? new TypeError('fetch failed') : undefined)
    const queue = queueOf()
    queue.add(event('a'))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(told).toEqual([{ code: 'fetch failed', events: ['a'] }])
    isAway = false
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sent).toEqual([['a']])
    await vi.advanceTimersByTimeAsync(600_000)
    expect(sent).toHaveLength(1)
  })

  it('loses one event that no server takes, and none of its neighbours', async () => {
    refuse = (names) => (names.includes('huge') ? new PalomaApiError(413, { code: 'BODY_TOO_LARGE' }) : undefined)
    const queue = queueOf()
    for (const name of ['a', 'b', 'huge', 'c', 'd']) queue.add(event(name))
    await queue.flush()
    expect(sent.flat()).toEqual(['a', 'b', 'c', 'd'])
    expect(told).toEqual([{ code: 'BODY_TOO_LARGE', events: ['huge'] }])
  })

  it('tells of what was taken and does not count, and sends it once', async () => {
    const queue = queueOf()
    for (const name of ['a', 'stray', 'b']) queue.add(event(name))
    await queue.flush()
    expect(sent.flat()).toEqual(['a', 'stray', 'b'])
    expect(told).toEqual([{ code: 'DECISION_UNKNOWN', events: ['stray'] }])
  })

  it('sends less at a time to a server that takes less', async () => {
    refuse = (names) => (names.length > 3 ? new PalomaApiError(400, { code: 'BODY_INVALID' }) : undefined)
    const queue = queueOf()
    for (let i = 0; i < 20; i += 1) queue.add(event(`e${i}`))
    await queue.flush()
    expect(sent.flat()).toEqual(Array.from({ length: 20 }, (_, i) => `e${i}`))
    expect(told).toEqual([])
  })

  it('keeps what a wrong key was shown for', async () => {
    let isWrong = true
    refuse = () => (isWrong ? new PalomaApiError(401, { code: 'KEY_INVALID' }) : undefined)
    const queue = queueOf()
    queue.add(event('a'))
    await expect(queue.flush()).rejects.toMatchObject({ code: 'KEY_INVALID' })
    isWrong = false
    await queue.flush()
    expect(sent).toEqual([['a']])
  })

  it('refuses at once what is no JSON', async () => {
    const queue = queueOf()
    const circle: Record<string, unknown> = {}
    circle.self = circle
    queue.add(event('circle', circle))
    queue.add(event('big', { n: 1n }))
    queue.add(event('fine'))
    await queue.flush()
    expect(sent).toEqual([['fine']])
    expect(told.map(({ events }) => events)).toEqual([['circle'], ['big']])
  })
})
