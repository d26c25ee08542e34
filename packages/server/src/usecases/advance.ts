import { DAY_MS, type EpochMs, PalomaError } from '@paloma/core'
import type { Clock } from './clock.ts'
import type { Deps } from './deps.ts'
import type { DueWork } from './due-work.ts'

/** Where a virtual clock is kept, so that a restart does not go back. */
export const VIRTUAL_CLOCK = 'virtual-clock'
const MINUTE_MS = 60_000

type Advanced = { readonly redecided: number; readonly dispatched: number; readonly stateId: number }

/**
 * Moves a virtual clock on, from one due moment to the next: planned and reserved sends, and learning, every
 * `learning.everyMinutes` since 1970, or on a way of more than a day at each midnight (UTC) at most. The same calls on
 * the same store do the same. One call at a time.
 */
export function clockMover(deps: Deps, due: DueWork): (to: EpochMs) => Promise<Advanced> {
  let turn: Promise<unknown> = Promise.resolve()
  return (to) => {
    const moved = turn.then(() => advance(deps, due, to))
    turn = moved.catch(() => undefined)
    return moved
  }
}

async function advance(deps: Deps, due: DueWork, to: EpochMs): Promise<Advanced> {
  const { clock, snapshots, config } = deps
  if (to < clock.now()) throw new PalomaError('CLOCK_BACKWARDS', `now must be >= ${clock.now()}, got ${to}`)
  const learnEveryMs = learningStep(config.learning.everyMinutes * MINUTE_MS, to - clock.now())
  await due.followExperiments()
  let learnAt = nextMultiple(clock.now(), learnEveryMs)
  const total = await workHere(deps, due)
  while (clock.now() < to) {
    const next = Math.min((await deps.store.sends.nextDueAt()) ?? to, learnAt, to)
    await moveTo(deps, next)
    const done = await workHere(deps, due)
    total.redecided += done.redecided
    total.dispatched += done.dispatched
    if (next !== learnAt) continue
    await due.learn()
    if (next % DAY_MS === 0) {
      await due.prune()
      await due.retain()
    }
    learnAt += learnEveryMs
  }
  return { ...total, stateId: snapshots.current().state.id }
}

function learningStep(everyMs: number, wayMs: number): number {
  return wayMs > DAY_MS ? Math.ceil(everyMs / DAY_MS) * DAY_MS : everyMs
}

function nextMultiple(after: EpochMs, step: number): EpochMs {
  return (Math.floor(after / step) + 1) * step
}

/** Stored first: what happens at a moment must never lie ahead of the clock after a restart. */
async function moveTo({ store, clock }: Pick<Deps, 'store'> & { readonly clock: Clock }, at: EpochMs): Promise<void> {
  await store.registry.setSetting(VIRTUAL_CLOCK, String(at))
  clock.set(at)
}

/** Does everything that is due at this moment. Throws CLOCK_STALLED when something stays due and nothing happens to it. */
async function workHere({ store, clock }: Deps, due: DueWork): Promise<{ redecided: number; dispatched: number }> {
  const total = { redecided: 0, dispatched: 0 }
  let before = ''
  for (;;) {
    total.redecided += await due.redecide()
    total.dispatched += await due.dispatch()
    const next = await store.sends.nextDueAt()
    if (next === null || next > clock.now()) return total
    const after = JSON.stringify([next, await store.sends.counts()])
    if (after === before) throw await stalled(store, clock.now())
    before = after
  }
}

async function stalled(store: Deps['store'], now: EpochMs): Promise<PalomaError> {
  const [plan] = await store.sends.duePlanned(now, 1)
  const what = plan === undefined ? 'a reserved send' : `the planned send ${plan.sendId}`
  return new PalomaError('CLOCK_STALLED', `the clock stands at ${now}: ${what} is due and nothing comes of it`, {
    hint: 'withdraw its opportunity, or look at why it cannot be decided on or handed over; then advance again',
  })
}
