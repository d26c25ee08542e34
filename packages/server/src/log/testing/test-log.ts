import { type Decision, decisionId, type Outcome, opportunityId, userId } from '@paloma/core/domain'
import { describe, expect, it } from 'vitest'
import type { HistoryLog } from '../contract.ts'

const MIDNIGHT = Date.UTC(2026, 0, 31)

/** A decision which differs from its neighbours in everything that a log could mix up. */
export function sampleDecision(n: number, extra: Partial<Decision> = {}): Decision {
  const sendAt = MIDNIGHT + n * 1_000 + 60_000
  return {
    decisionId: decisionId(`d-${n}`),
    userId: userId(`u-${n % 7}`),
    at: MIDNIGHT + n * 1_000,
    trigger: n % 2 === 0 ? 'request' : 'planned',
    snapshotVersion: 'v1',
    stateId: n,
    policy: 'paloma/thompson',
    assignments: [{ experiment: 'groups', variant: 'paloma' }],
    reason: 'policy',
    actions: [
      { kind: 'hold' },
      { kind: 'send', opportunityId: opportunityId(`o-${n}`), variant: 'default', channel: 'email', sendAt },
    ],
    values: { engagement: { mean: [0, 0.1 + n / 3], variance: [0, 1 / 3] } },
    prices: [0, 0.002],
    scores: [0, Math.PI / (n + 1)],
    losses: {},
    scoreVariances: [0, 1e-300],
    probabilities: [1 / 3, 2 / 3],
    chosen: n % 2,
    propensity: n % 2 === 0 ? 1 / 3 : 2 / 3,
    draw: 0.1 + 0.2,
    refused: [],
    learning: n % 3 === 0 ? null : { baseline: [1, n], centred: [0.1, -0.7], sent: null },
    inputs: {
      user: {
        profile: {
          userId: userId(`u-${n % 7}`),
          traits: { name: `Zoë "${n}"\n\u2028`, age: n, isNew: n % 2 === 0 },
          addresses: {},
          consent: { channels: {}, topics: {}, channelTopics: {}, learning: true, exploration: true },
          suppressions: [],
          createdAt: 0,
        },
        history: { sends: [], responses: [], visits: [] },
      },
      opportunityIds: [opportunityId(`o-${n}`)],
      messages: ['price-drop'],
      context: {},
    },
    ...extra,
  }
}

export function sampleOutcome(n: number, extra: Partial<Outcome> = {}): Outcome {
  return {
    messageId: `m-${n}`,
    userId: userId(`u-${n % 7}`),
    name: 'Visited',
    at: MIDNIGHT + n,
    receivedAt: MIDNIGHT + n + 1,
    decisionId: n % 2 === 0 ? decisionId(`d-${n}`) : null,
    joinedBy: n % 2 === 0 ? 'window' : null,
    isMachine: false,
    channel: n % 3 === 0 ? 'email' : null,
    isVisit: true,
    isResponse: false,
    reachLoss: null,
    values: { engagement: 1 },
    properties: { price: 19.99 },
    ...extra,
  }
}

/** Hands records over in batches of the size. */
export async function* inBatches<T>(records: readonly T[], size: number): AsyncGenerator<readonly T[], void> {
  for (let start = 0; start < records.length; start += size) yield records.slice(start, start + size)
}

const range = <T>(n: number, make: (i: number) => T): readonly T[] => Array.from({ length: n }, (_, i) => make(i))

/** What every history log must do; `make` gives a new, empty one. */
export function testLog(make: () => Promise<HistoryLog>): void {
  const write = async (log: HistoryLog, day: string, n: number) =>
    log.writeDay(day, {
      decisions: inBatches(
        range(n, (i) => sampleDecision(i)),
        7,
      ),
      outcomes: inBatches(
        range(n, (i) => sampleOutcome(i)),
        3,
      ),
    })

  describe('a history log', () => {
    it('gives back exactly what was written, in the same order', async () => {
      const log = await make()
      expect(await write(log, '2026-01-31', 50)).toEqual({ decisions: 50, outcomes: 50 })
      expect(await log.readDecisions('2026-01-31')).toStrictEqual(range(50, (i) => sampleDecision(i)))
      expect(await log.readOutcomes('2026-01-31')).toStrictEqual(range(50, (i) => sampleOutcome(i)))
    })

    it('replaces a day, and only that day', async () => {
      const log = await make()
      await write(log, '2026-01-31', 9)
      await write(log, '2026-02-01', 4)
      await write(log, '2026-01-31', 5)
      expect(await log.readDecisions('2026-01-31')).toHaveLength(5)
      expect(await log.readOutcomes('2026-02-01')).toHaveLength(4)
      expect(await log.days()).toEqual(['2026-01-31', '2026-02-01'])
    })

    it('holds a day without rows, and answers nothing for a day it never saw', async () => {
      const log = await make()
      expect(await write(log, '2026-01-31', 0)).toEqual({ decisions: 0, outcomes: 0 })
      expect(await log.readDecisions('2026-01-31')).toEqual([])
      expect(await log.readOutcomes('2020-01-01')).toEqual([])
      expect(await log.days()).toEqual(['2026-01-31'])
    })

    it('keeps the old day when the new rows fail half-way', async () => {
      const log = await make()
      await write(log, '2026-01-31', 3)
      const failing = async function* (): AsyncGenerator<readonly Outcome[]> {
        yield [sampleOutcome(1)]
        throw new Error('the store went away')
      }
      const attempt = log.writeDay('2026-01-31', { decisions: inBatches([sampleDecision(0)], 1), outcomes: failing() })
      await expect(attempt).rejects.toThrow('the store went away')
      expect(await log.readDecisions('2026-01-31')).toHaveLength(3)
      expect(await log.readOutcomes('2026-01-31')).toHaveLength(3)
    })

    it('names the files of days whose exposures it holds, oldest first', async () => {
      const log = await make()
      await write(log, '2026-02-01', 2)
      await write(log, '2026-01-31', 2)
      expect((await log.parts()).map(({ day }) => day)).toEqual(['2026-01-31', '2026-02-01'])
    })

    it('erases a user from every day and says how many rows went', async () => {
      const log = await make()
      await write(log, '2026-01-31', 21)
      await write(log, '2026-02-01', 7)
      await write(log, '2026-02-02', 2)
      expect(await log.erase('u-3')).toEqual({ rows: 8 })
      const left = [...(await log.readDecisions('2026-01-31')), ...(await log.readOutcomes('2026-02-01'))]
      expect(left).toHaveLength(18 + 6)
      expect(left.filter((record) => record.userId === 'u-3')).toEqual([])
      expect(await log.erase('u-3')).toEqual({ rows: 0 })
    })

    it('lets the days before one go, and says which; a later look finds none of them', async () => {
      const log = await make()
      for (const day of ['2026-01-31', '2026-02-01', '2026-02-02']) await write(log, day, 3)
      expect(await log.drop('2026-01-31')).toEqual([])
      expect(await log.drop('2026-02-02')).toEqual(['2026-01-31', '2026-02-01'])
      expect(await log.drop('2026-02-02')).toEqual([])
      expect(await log.days()).toEqual(['2026-02-02'])
      expect((await log.parts()).map(({ day, decisionRows, outcomeRows }) => [day, decisionRows, outcomeRows])).toEqual(
        [['2026-02-02', 3, 3]],
      )
      expect(await log.readDecisions('2026-02-01')).toEqual([])
      expect(await log.readDecisions('2026-02-02')).toHaveLength(3)
      await expect(log.drop('yesterday')).rejects.toMatchObject({ code: 'LOG_DAY' })
    })

    it('keeps all days when several are written at once', async () => {
      const log = await make()
      const days = ['2026-01-01', '2026-01-02', '2026-01-03']
      await Promise.all(days.map((day) => write(log, day, 3)))
      expect(await log.days()).toEqual(days)
    })

    it.each(['2026-1-1', 'today', '../2026-01-01', '2026-13-45'])('refuses %s as a day', async (day) => {
      const log = await make()
      await expect(write(log, day, 1)).rejects.toMatchObject({ code: 'LOG_DAY' })
    })
  })
}
