import { describe, expect, it } from 'vitest'
import type { DecisionRecord, TimelineEntry } from '../answers.ts'
import { decisionOf, entryWords, refusalSummary } from './timeline-words.ts'

const at = '2026-03-29T09:00:00.000Z'
const held: DecisionRecord = {
  decisionId: 'd1',
  at,
  reasonWords: 'the rules allow no message',
  policy: 'paloma/thompson',
  chosen: 0,
  propensity: 1,
  actions: [{ kind: 'hold' }],
  refused: [
    {
      candidate: { channel: 'email' },
      refusals: [{ words: 'the cap on messages is reached', rule: 'weekly', until: at }],
    },
    {
      candidate: { channel: 'email' },
      refusals: [{ words: 'the cap on messages is reached', rule: 'weekly', until: at }],
    },
    { candidate: { channel: 'push' }, refusals: [{ words: 'no address on the channel' }] },
  ],
}

describe('entryWords', () => {
  it('says of a decision that held that nothing was sent, and why', () => {
    expect(entryWords({ kind: 'decision', at, decision: held })).toBe(
      'Not sent: held (the rules allow no message), with probability 100\u00a0%',
    )
  })

  it('names channel, moment and probability of a send that was chosen', () => {
    const action = { kind: 'send', opportunityId: 'o1', channel: 'push', sendAt: at } as const
    const decision = {
      ...held,
      reasonWords: 'the policy’s choice',
      actions: [{ kind: 'hold' }, action],
      chosen: 1,
      propensity: 0.25,
    } as const
    expect(entryWords({ kind: 'decision', at, decision })).toBe(
      'Chose push for o1, to be sent 2026-03-29 09:00, with probability 25\u00a0%',
    )
  })

  it('tells what an outcome was worth, what reach it cost, and who made it', () => {
    const outcome = {
      messageId: 'm',
      name: 'Email Opened',
      decisionId: null,
      isMachine: true,
      reachLoss: null,
      values: { engagement: 1, conversion: 0 },
    }
    const entry: TimelineEntry = { kind: 'outcome', at, outcome }
    expect(entryWords(entry)).toBe('Email Opened (engagement 1, made by a machine)')
    expect(decisionOf(entry)).toBeNull()
  })

  it('gives the reasons of a send that was refused at the last moment', () => {
    const ids = { sendId: 's', decisionId: 'd1', message: 'price-drop', channel: 'sms' } as const
    const send = {
      ...ids,
      status: 'refused',
      dueAt: at,
      error: null,
      refusals: [{ words: 'the user refused the topic' }],
    }
    expect(entryWords({ kind: 'send', at, send })).toBe('price-drop by sms: refused \u2013 the user refused the topic')
    expect(decisionOf({ kind: 'send', at, send })).toBe('d1')
  })
})

describe('refusalSummary', () => {
  it('counts refusals that are alike', () => {
    expect(refusalSummary(held.refused)).toEqual([
      'email: the cap on messages is reached (weekly) until 2026-03-29 09:00 \u00d7 2',
      'push: no address on the channel',
    ])
  })
})
