import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import type { Usecases } from '../usecases/contract.ts'
import { measure } from './metrics.ts'

type Counts = Awaited<ReturnType<Usecases['health']['counts']>>

const QUIET: Counts = { decisions: 0, sends: {}, stateId: 0, usersInMemory: 0, isLearner: false, horizons: {} }

describe('metrics', () => {
  it('forget a status that no send has any more', async () => {
    const answers: Counts[] = [
      { ...QUIET, sends: { reserved: 3, sent: 1 } },
      { ...QUIET, sends: { sent: 4 } },
    ]
    const ready = async () => ({ ready: true, checks: {} })
    const registry = measure(fastify(), { health: { ready, counts: async () => answers.shift() ?? QUIET } })
    expect(await registry.metrics()).toContain('paloma_sends{status="reserved"} 3')
    const later = await registry.metrics()
    expect(later).toContain('paloma_sends{status="sent"} 4')
    expect(later).not.toContain('paloma_sends{status="reserved"}')
  })
})
