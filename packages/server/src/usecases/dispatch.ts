import {
  assertNever,
  CHANNELS,
  type Channel,
  type EpochMs,
  lastMomentCheck,
  PalomaError,
  snapshotFor,
  type UserId,
  type UserProfile,
  withLoss,
} from '@paloma/core'
import type { ChannelAdapter, SendResult } from '../channel/contract.ts'
import type { Dispatch, DispatchResult, SendStore } from '../store/contract.ts'
import type { Deps } from './deps.ts'
import { groupCommit } from './group-commit.ts'
import { type Claimed, createLane, type Lane, resting } from './lane.ts'
import type { Notes } from './notes.ts'
import { writeAsOwners } from './owners.ts'
import { addressMark, addressText } from './profile.ts'
import { retryOrFail } from './retry-policy.ts'
import { messageWriter } from './send-message.ts'
import { limitsNow } from './shared-limits.ts'

/** What is wrong with a provider: the latest answer, and since when it has not taken anything. */
export interface ProviderTrouble {
  readonly reason: string
  readonly since: EpochMs
}

export interface Dispatcher {
  readonly lanes: readonly Lane[]
  /** Channels whose provider does not take messages at the moment. */
  troubles(): ReadonlyMap<Channel, ProviderTrouble>
}

/** Sends nobody can deliver are failed so many at a time. */
const UNDELIVERABLE_BATCH = 500

interface Ending {
  readonly sendId: Dispatch['send']['sendId']
  readonly result: DispatchResult
}

/**
 * Reserve → consent and caps at the last moment → dispatching → sent | failed | unknown; never sent twice. Only as many
 * sends are claimed as can be handed over at once, so that nothing waits between check and provider.
 */
export function createDispatcher(
  deps: Deps,
  { wallClock, notes }: { readonly wallClock: () => EpochMs; readonly notes: Notes },
): Dispatcher {
  const { clock, adapters, store } = deps
  const troubles = new Map<Channel, ProviderTrouble>()
  const end = endings(store.sends, () => clock.now())
  const watch = (channel: Channel, { kind, reason }: Verdict): void => {
    const isTaken = kind === 'taken'
    if (isTaken) troubles.delete(channel)
    else troubles.set(channel, { reason, since: troubles.get(channel)?.since ?? clock.now() })
    if (isTaken) notes.fine(`delivery by ${channel}`)
    else notes.failed(`delivery by ${channel}`, reason)
  }
  const deliver = deliverer(deps, { watch, notes })
  const failed = (error: unknown): void => notes.failed('keeping what providers answered', String(error))
  const lane = (name: string, channels: readonly Channel[], limit: number): Lane =>
    createLane(name, {
      limit,
      failed,
      rest: resting(clock.isVirtual ? undefined : wallClock),
      settle: () => end.settle(),
      claim: (count) => (channels.length === 0 ? NOBODY : claim(deps, channels, count)),
      deliver: (item) => deliverAndEnd(item, deliver, end),
    })
  const unserved = CHANNELS.filter((channel) => !adapters.has(channel))
  return {
    lanes: [
      ...[...adapters].map(([channel, { traits }]) => lane(channel, [channel], traits.concurrency)),
      lane('no provider', unserved, UNDELIVERABLE_BATCH),
    ],
    troubles: () => troubles,
  }
}

const NOBODY: Promise<Claimed> = Promise.resolve({ claimed: [], checked: 0 })

async function claim(
  { store, clock, snapshots, config }: Deps,
  channels: readonly Channel[],
  limit: number,
): Promise<Claimed> {
  const now = clock.now()
  const snapshot = snapshots.current()
  const limits = limitsNow(config.sharedLimits, snapshot.experiments?.running ?? [], now)
  let looked = 0
  const claimed = await store.sends.claim({ now, limit, channels, counters: limits.counters }, (item) => {
    looked += 1
    const { send, user, opportunity } = item
    const { rules } = snapshotFor(snapshot, user.profile, now)
    const checked = lastMomentCheck({ ...send, expires: opportunity.window.expires }, { user, rules, now })
    const verdict = limits.within(checked, item)
    if (verdict.kind !== 'go') return verdict
    return { ...verdict, addressMark: addressMark(user.profile.addresses, send.channel) }
  })
  return { claimed, checked: looked }
}

async function deliverAndEnd(
  item: Dispatch,
  deliver: (item: Dispatch) => Promise<DispatchResult>,
  end: Endings,
): Promise<DispatchResult> {
  const result = await deliver(item)
  await end.add({ sendId: item.send.sendId, result })
  return result
}

interface Endings {
  add(ending: Ending): Promise<void>
  /** Writes what could not be written when it happened. */
  settle(): Promise<void>
}

/** Writes how dispatches ended, together. What the store does not take is kept: only this process knows it. */
function endings(sends: SendStore, now: () => EpochMs): Endings {
  let unwritten: readonly Ending[] = []
  const write = groupCommit<Ending, null>(async (items) => {
    await sends.finish(items, now())
    return items.map(() => null)
  })
  const writeOrKeep = async (items: readonly Ending[]): Promise<void> => {
    try {
      await write.add(items)
    } catch (error) {
      unwritten = [...unwritten, ...items]
      throw error
    }
  }
  return {
    add: (ending) => writeOrKeep([ending]),
    async settle() {
      const items = unwritten
      unwritten = []
      await writeOrKeep(items)
    },
  }
}

/** Whether a provider took a message or answered for good, or is in trouble itself. */
interface Verdict {
  readonly kind: 'taken' | 'trouble'
  readonly reason: string
}

/** Hands one message over and says what became of it; never rejects. */
function deliverer(
  deps: Deps,
  { watch, notes }: { readonly watch: (channel: Channel, verdict: Verdict) => void; readonly notes: Notes },
): (item: Dispatch) => Promise<DispatchResult> {
  const { clock, adapters } = deps
  const write = messageWriter(deps)
  const failed = (error: string): DispatchResult => ({ kind: 'failed', error })
  return async (item) => {
    const { send, user, opportunity } = item
    const adapter: ChannelAdapter | undefined = adapters.get(send.channel)
    if (adapter === undefined) return failed(`no adapter is configured for ${send.channel}`)
    if (!adapter.canReach(user.profile))
      return failed(`user has no ${send.channel} address that ${adapter.name} can use`)
    const written = write(item, clock.now())
    if (written.kind === 'impossible') return failed(written.reason)
    const missing = adapter.requiredContent.find((field) => (written.message.content[field] ?? '') === '')
    if (missing !== undefined) return failed(`content for ${send.channel} lacks ${missing}`)
    const result = await adapter
      .send(written.message)
      .catch((error: unknown): SendResult => ({ kind: 'unknown', reason: String(error) }))
    watch(send.channel, verdictOf(result))
    if (result.kind === 'rejected' && result.addressGone === true) {
      // The answer of the provider must be kept even where the suppression cannot be written now.
      await suppressGone(deps, send, user.profile).catch((error: unknown) =>
        notes.failed('suppression of lost addresses', String(error)),
      )
    }
    return endOf(result, { send, now: clock.now(), expires: opportunity.window.expires })
  }
}

function verdictOf(result: SendResult): Verdict {
  if (result.kind === 'sent' || (result.kind === 'rejected' && result.permanent)) return { kind: 'taken', reason: '' }
  return { kind: 'trouble', reason: result.reason }
}

function endOf(
  result: SendResult,
  { send, now, expires }: { readonly send: Dispatch['send']; readonly now: EpochMs; readonly expires: EpochMs },
): DispatchResult {
  switch (result.kind) {
    case 'sent':
      return { kind: 'sent', providerMessageId: result.providerMessageId }
    case 'unknown':
      return { kind: 'unknown', error: result.reason }
    case 'rejected':
      if (result.permanent) return { kind: 'failed', error: result.reason }
      return retryOrFail(send, { reason: result.reason, now, expires })
    default:
      return assertNever(result)
  }
}

const USER_GONE = 'USER_GONE'

/**
 * Notes once that the address that was written to is no more, unless another took its place meanwhile; a user who was
 * erased meanwhile stays erased.
 */
async function suppressGone(
  { store, clock }: Deps,
  { userId, channel }: { readonly userId: UserId; readonly channel: Channel },
  { addresses }: UserProfile,
): Promise<void> {
  const since = clock.now()
  try {
    await writeAsOwners(store, [userId], (ownerOf) =>
      store.users.change([
        {
          userId: ownerOf(userId),
          update(current) {
            if (current === undefined) throw new PalomaError(USER_GONE, `user ${userId} was erased during a dispatch`)
            const isReplaced = addressText(current.addresses, channel) !== addressText(addresses, channel)
            return isReplaced ? current : withLoss(current, { channel, reason: 'gone', since })
          },
        },
      ]),
    )
  } catch (error) {
    if (!(error instanceof PalomaError && error.code === USER_GONE)) throw error
  }
}
