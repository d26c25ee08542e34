import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import type { Usecases } from '../usecases/contract.ts'
import { measure } from './metrics.ts'
import { fakeRetention } from './testing/fake-retention.ts'

type Counts = Awaited<ReturnType<Usecases['health']['counts']>>

const QUIET: Counts = {
  decisions: 0,
  sends: {},
  stateId: 0,
  usersInMemory: 0,
  isLearner: false,
  horizons: {},
  priceTargets: [],
  audit: null,
}

describe('metrics', () => {
  it('forget a status that no send has any more', async () => {
    const answers: Counts[] = [
      { ...QUIET, sends: { reserved: 3, sent: 1 } },
      { ...QUIET, sends: { sent: 4 } },
    ]
    const ready = async () => ({ ready: true, checks: {} })
    const health = { ready, counts: async () => answers.shift() ?? QUIET }
    const registry = measure(fastify(), { health, retention: fakeRetention })
    expect(await registry.metrics()).toContain('paloma_sends{status="reserved"} 3')
    const later = await registry.metrics()
    expect(later).toContain('paloma_sends{status="sent"} 4')
    expect(later).not.toContain('paloma_sends{status="reserved"}')
  })

  it('say where prices of targets stand, and nothing of what was not counted yet', async () => {
    const target = { name: 'volume', measure: 'sendsPerUserWeek', atMost: 2, price: 0.25, atLimit: false } as const
    const answers: Counts[] = [
      { ...QUIET, priceTargets: [{ ...target, measured: 3.5 }] },
      { ...QUIET, priceTargets: [{ ...target, measured: null }] },
    ]
    const ready = async () => ({ ready: true, checks: {} })
    const health = { ready, counts: async () => answers.shift() ?? QUIET }
    const registry = measure(fastify(), { health, retention: fakeRetention })
    const labels = '{target="volume",measure="sendsPerUserWeek"}'
    const text = await registry.metrics()
    expect(text).toContain(`paloma_dual_price${labels} 0.25`)
    expect(text).toContain(`paloma_price_target_measured${labels} 3.5`)
    expect(text).toContain(`paloma_price_target_at_most${labels} 2`)
    expect(await registry.metrics()).not.toContain('paloma_price_target_measured{')
  })

  it('say what the audit of the last night found, and nothing before the first', async () => {
    const audit = { day: '2026-03-09', at: 1, checked: 120, isCut: false, differing: 2, first: null, suspects: ['p/t'] }
    const answers: Counts[] = [{ ...QUIET, audit }, QUIET]
    const ready = async () => ({ ready: true, checks: {} })
    const health = { ready, counts: async () => answers.shift() ?? QUIET }
    const registry = measure(fastify(), { health, retention: fakeRetention })
    const text = await registry.metrics()
    expect(text).toContain('paloma_audit_decisions 120')
    expect(text).toContain('paloma_audit_differing 2')
    expect(text).toContain('paloma_audit_suspect_policies 1')
    expect(await registry.metrics()).not.toMatch(/^paloma_audit/m)
  })

  it('say what tables take up, how far back they reach and what the last deletion did', async () => {
    const ready = async () => ({ ready: true, checks: {} })
    const health = { ready, counts: async () => QUIET }
    const text = await measure(fastify(), { health, retention: fakeRetention }).metrics()
    expect(text).toContain('paloma_table_rows{table="decisions"} 1000')
    expect(text).toContain('paloma_table_bytes{table="decisions"} 2000000')
    expect(text).toContain(`paloma_oldest_decision_seconds ${Date.UTC(2025, 9, 17, 3) / 1_000}`)
    expect(text).toContain(`paloma_kept_since_seconds ${Date.UTC(2025, 9, 17) / 1_000}`)
    expect(text).toContain('paloma_retention_rows 120')
    expect(text).toContain('paloma_retention_holds 0')
    const nothing = { ...(await fakeRetention.status()), keptSince: null, lastRun: null }
    const fresh = measure(fastify(), { health, retention: { ...fakeRetention, status: async () => nothing } })
    expect(await fresh.metrics()).not.toMatch(/^paloma_(kept_since_seconds|retention_rows|retention_holds) /m)
  })
})
