import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { DueWork } from '../usecases/due-work.ts'
import { createHeartbeats } from '../usecases/heartbeats.ts'
import { createNotes } from '../usecases/notes.ts'
import { dueJobs, type Job, type Sleep, startJobs } from './start-jobs.ts'

/** Time that passes when told; sleepers wake in order. */
function fakeTime() {
  let now = 0
  const sleepers: { readonly at: number; readonly wake: () => void }[] = []
  const sleep: Sleep = (ms, stopping) =>
    new Promise((resolve) => {
      const wake = (): void => {
        stopping.removeEventListener('abort', wake)
        resolve()
      }
      sleepers.push({ at: now + ms, wake })
      if (stopping.aborted) wake()
      else stopping.addEventListener('abort', wake)
    })
  const pass = async (ms: number): Promise<void> => {
    const end = now + ms
    for (;;) {
      await nextTurn()
      const next = sleepers.toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > end) break
      now = next.at
      sleepers.splice(sleepers.indexOf(next), 1)
      next.wake()
    }
    now = end
  }
  return { sleep, pass, now: () => now }
}

describe('jobs', () => {
  const start = (jobs: readonly Job[]) => {
    const time = fakeTime()
    const lines: string[] = []
    const heartbeats = createHeartbeats(time.now)
    const notes = createNotes((line) => lines.push(line), time.now)
    return { lines, heartbeats, pass: time.pass, stop: startJobs(jobs, { notes, heartbeats, sleep: time.sleep }) }
  }

  it('that do not end are named when the patience of who stops them has, and others are not', async () => {
    let finish = (): void => {}
    const long = new Promise<number>((resolve) => {
      finish = () => resolve(1)
    })
    const { stop, pass, heartbeats } = start([
      { name: 'learn', everyMs: 1_000, work: () => long },
      { name: 'deliver', everyMs: 1_000, work: async () => 0, end: async () => void (await long) },
      { name: 'inbox', everyMs: 1_000, work: async () => 0 },
    ])
    await pass(10)
    expect(await stop(nextTurn())).toEqual(['learn', 'deliver'])
    finish()
    expect(await stop()).toEqual([])
    expect(heartbeats).toBeDefined()
  })

  it('run again after their pause, an eager one at once while it finds something to do', async () => {
    const rounds = { slow: 0, eager: 0 }
    const { stop, pass } = start([
      { name: 'slow', everyMs: 1_000, work: async () => ++rounds.slow },
      { name: 'eager', everyMs: 1_000, isEager: true, work: async () => (++rounds.eager < 5 ? 1 : 0) },
    ])
    await pass(100)
    expect(rounds).toEqual({ slow: 1, eager: 5 })
    await pass(2_000)
    expect(rounds).toEqual({ slow: 3, eager: 7 })
    await stop()
    await pass(10_000)
    expect(rounds).toEqual({ slow: 3, eager: 7 })
  })

  it('that fail wait ever longer, are noted rarely, and go on', async () => {
    let rounds = 0
    let isBroken = true
    const work = async () => {
      rounds += 1
      if (isBroken) throw new Error('no connection')
      return 0
    }
    const { lines, heartbeats, stop, pass } = start([{ name: 'deliver', everyMs: 250, work }])
    await pass(59_000)
    expect(rounds).toBeLessThan(10)
    expect(lines).toEqual(['job deliver: no connection\n'])
    expect(heartbeats.all().get('deliver')).toMatchObject({ fineAt: null, error: 'no connection' })
    isBroken = false
    await pass(120_000)
    expect(lines.at(-1)).toBe('job deliver: works again\n')
    expect(heartbeats.all().get('deliver')).toMatchObject({ fineAt: expect.any(Number), error: null })
    await stop()
  })

  it('that find much that has fallen due stop after a round of it', async () => {
    let rounds = 0
    const endless = async (most = 1_000): Promise<number> => {
      for (let round = 0; round < most; round += 1) {
        rounds += 1
        await nextTurn()
      }
      return most
    }
    const nothing = async () => 0
    const due: DueWork = {
      ...{
        lanes: [],
        redecide: endless,
        prune: endless,
        retain: endless,
        audit: endless,
        dispatch: nothing,
        learn: nothing,
        followExperiments: nothing,
      },
      ...{ exportHistory: nothing, erase: nothing, recover: nothing, pollInbox: nothing },
    }
    const { heartbeats, stop } = start(dueJobs(due, 60_000))
    for (let turn = 0; turn < 5; turn += 1) await nextTurn()
    expect(heartbeats.all().get('plan')?.fineAt).not.toBeNull()
    const before = rounds
    await stop()
    expect(rounds - before).toBeLessThanOrEqual(3)
  })

  it('end their running round before they count as stopped', async () => {
    let end = (_done: number): void => {}
    const { stop, pass } = start([
      { name: 'long', everyMs: 1, work: () => new Promise<number>((resolve) => (end = resolve)) },
    ])
    let isStopped = false
    const stopped = stop().then(() => {
      isStopped = true
    })
    await pass(5_000)
    expect(isStopped).toBe(false)
    end(1)
    await stopped
    expect(isStopped).toBe(true)
  })
})
