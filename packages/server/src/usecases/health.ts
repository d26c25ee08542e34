import { type EpochMs, horizonOf, type PolicyState, type PriceTarget, type TrustedHorizon } from '@paloma/core'
import type { Usecases } from './contract.ts'
import type { Deps } from './deps.ts'
import type { Dispatcher } from './dispatch.ts'
import type { Heartbeat, Heartbeats } from './heartbeats.ts'
import { keptSince } from './kept-since.ts'
import type { Learner } from './learner.ts'
import { isSound, lastNightlyAudit, nightlyAuditText } from './nightly-audit.ts'
import { lastRetentionRun } from './retention.ts'

type Check = Awaited<ReturnType<Usecases['health']['ready']>>['checks'][string]

/** What the checks look at beside the store. */
export interface HealthSources {
  readonly dispatcher: Pick<Dispatcher, 'troubles'>
  readonly learner: Pick<Learner, 'isLeader'>
  readonly heartbeats: Heartbeats
  /** Whether what must be written to disk can be; absent where nothing is. */
  readonly checkDisk?: () => Promise<Check>
  /** How many users are held in memory; absent where none are. */
  readonly usersInMemory?: () => number
  readonly wallClock: () => EpochMs
}

/** A job that has not gone well for so many of its periods, and at least so long, is in trouble. */
const MISSED_BEATS = 3
const SHORTEST_ALARM_MS = 60_000

/**
 * Ready means that requests can be answered: store and disk. Trouble with a provider, a job or learning is shown and
 * does not make the server unready, because other servers would not do better.
 */
export function healthUsecases(
  { store, clock, snapshots, adapters, config }: Pick<Deps, 'store' | 'clock' | 'snapshots' | 'adapters' | 'config'>,
  sources: HealthSources,
): Usecases['health'] {
  const countAll = seldom(async () => {
    const [decisions, sends] = await Promise.all([store.decisions.count(), store.sends.counts()])
    return { decisions, sends }
  }, sources.wallClock)
  return {
    async ready() {
      const [ping, disk] = await Promise.all([checkStore(store), sources.checkDisk?.()])
      const checks: Record<string, Check> = { store: ping }
      if (disk !== undefined) checks.disk = disk
      checks.clock = { ok: true, detail: `${clock.isVirtual ? 'virtual' : 'system'}, ${iso(clock.now())}` }
      checks.learner = checkLearner(snapshots.current().state, sources)
      checks.channels = checkChannels([...adapters.keys()], sources.dispatcher)
      if (config.retention.storeDays !== null && ping.ok) checks.retention = await checkRetention(store.registry)
      const audit = ping.ok ? await lastNightlyAudit(store.registry) : undefined
      if (audit !== undefined) checks.audit = { ok: isSound(audit), detail: nightlyAuditText(audit) }
      for (const [job, beat] of sources.heartbeats.all()) checks[`job:${job}`] = checkBeat(beat, sources.wallClock())
      return { ready: ping.ok && (disk?.ok ?? true), checks }
    },
    async counts() {
      const [all, underWay] = await Promise.all([countAll(), store.sends.countUnderWay()])
      const { state } = snapshots.current()
      const usersInMemory = sources.usersInMemory?.() ?? 0
      const isLearner = sources.learner.isLeader()
      const held = { stateId: state.id, usersInMemory, isLearner, horizons: horizonsOf(state) }
      const priceTargets = config.priceTargets.flatMap((target) => standing(target, state))
      const audit = (await lastNightlyAudit(store.registry)) ?? null
      return { decisions: all.decisions, sends: { ...all.sends, ...underWay }, ...held, priceTargets, audit }
    },
  }
}

/** The longest share of all time that counting whole tables may take. */
const COUNTING_SHARE = 0.01

/** Counts again at most so often that it takes `COUNTING_SHARE` of the time, and answers the last count in between. */
function seldom<T>(count: () => Promise<T>, now: () => EpochMs): () => Promise<T> {
  let last: { readonly value: T; readonly until: EpochMs } | undefined
  return async () => {
    const startedAt = now()
    if (last !== undefined && startedAt < last.until) return last.value
    const value = await count()
    last = { value, until: startedAt + (now() - startedAt) / COUNTING_SHARE }
    return value
  }
}

/** Up to where rewards of single messages are forecast, by objective of which that is asked. */
function horizonsOf({ messages }: PolicyState): Readonly<Record<string, TrustedHorizon>> {
  const objectives = Object.entries(messages?.objectives ?? {})
  return Object.fromEntries(objectives.map(([name, evidence]) => [name, horizonOf(evidence)]))
}

/** Nothing before a target's first step. */
function standing(
  target: PriceTarget,
  { dualPrices }: PolicyState,
): Awaited<ReturnType<Usecases['health']['counts']>>['priceTargets'] {
  const known = dualPrices?.[target.name]
  if (known === undefined) return []
  const { price, measured, atLimit } = known
  return [{ ...target, price, measured, atLimit }]
}

async function checkStore(store: Deps['store']): Promise<Check> {
  try {
    await store.ping()
    return { ok: true, detail: `${store.traits.name} answers` }
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) }
  }
}

function checkLearner(
  state: { readonly id: number; readonly createdAt: EpochMs },
  { learner, heartbeats, wallClock }: HealthSources,
): Check {
  const beat = heartbeats.all().get('learn')
  const who = learner.isLeader() ? 'learns' : 'follows what another process learns, or has not begun'
  const detail = `${who}; state ${state.id} of ${iso(state.createdAt)}`
  return { ok: beat === undefined || checkBeat(beat, wallClock()).ok, detail }
}

/** Something that holds a deletion back is shown, and is no trouble by itself. */
async function checkRetention(registry: Deps['store']['registry']): Promise<Check> {
  const run = await lastRetentionRun(registry)
  if (run === undefined) return { ok: true, detail: 'nothing was deleted yet' }
  const since = await keptSince(registry)
  const kept = since === 0 ? 'all days are kept so far' : `days since ${iso(since)} are kept`
  const held = run.heldBy.length === 0 ? '' : `; held back: ${run.heldBy.join('; ')}`
  return { ok: true, detail: `${kept}; last looked ${iso(run.at)}${held}` }
}

function checkChannels(channels: readonly string[], dispatcher: Pick<Dispatcher, 'troubles'>): Check {
  const troubles = [...dispatcher.troubles()]
  if (channels.length === 0) return { ok: false, detail: 'no channel has an adapter: nothing can be sent' }
  if (troubles.length === 0) return { ok: true, detail: channels.join(', ') }
  const said = troubles.map(([channel, { reason, since }]) => `${channel} since ${iso(since)}: ${reason}`)
  return { ok: false, detail: said.join('; ') }
}

function checkBeat({ everyMs, startedAt, fineAt, error }: Heartbeat, now: EpochMs): Check {
  const quietMs = now - (fineAt ?? startedAt)
  const ok = quietMs <= Math.max(MISSED_BEATS * everyMs, SHORTEST_ALARM_MS)
  const last = fineAt === null ? 'has not finished yet' : `finished ${iso(fineAt)}`
  return { ok, detail: error === null ? last : `${last}; then failed: ${error}` }
}

function iso(at: EpochMs): string {
  return new Date(at).toISOString()
}
