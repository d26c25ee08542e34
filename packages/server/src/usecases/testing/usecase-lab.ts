import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Channel,
  DAY_MS,
  type EpochMs,
  evaluatePolicy,
  type Opportunity,
  opportunityId,
  type UserProfile,
  userId,
} from '@paloma/core'
import type { ChannelAdapter, Message, SendResult } from '../../channel/contract.ts'
import type { Config } from '../../config/contract.ts'
import { defaultConfig } from '../../config/default-config.ts'
import { parquetLog } from '../../log/index.ts'
import { planTables, readOutTables, withHistoryRows } from '../../readout/index.ts'
import type { Send, Store } from '../../store/contract.ts'
import { pgliteStore } from '../../store/pglite-store.ts'
import { exampleDecision, exampleNew, exampleOpportunity, exampleProfile, NOON } from '../../store/testing/examples.ts'
import { type Clock, virtualClock } from '../clock.ts'
import type { Usecases } from '../contract.ts'
import { createUsecases } from '../create-usecases.ts'
import type { Deps } from '../deps.ts'
import type { DueWork } from '../due-work.ts'
import { inboxFeed } from '../inbox-feed.ts'
import { createNotes } from '../notes.ts'
import { snapshotKeeper } from '../snapshot-keeper.ts'

/** The whole of the use cases over an embedded store and clocks that stand still. */
export interface UsecaseLab {
  readonly deps: Deps
  readonly store: Store
  readonly usecases: Usecases
  readonly due: DueWork
  readonly clock: Clock
  /** What the owner was told. */
  readonly lines: readonly string[]
  /** Moves the machine's clock, which rests of lanes and silences of notes go by. */
  passWallTime(ms: number): void
  /** Where the history lies. */
  readonly dir: string
  close(): Promise<void>
}

export interface LabOptions {
  readonly adapters?: readonly ChannelAdapter[]
  readonly config?: Partial<Config>
  /** A store of the test's own, which it closes itself. */
  readonly store?: Store
  readonly startAt?: EpochMs
  /** Like the machine's clock for the use cases, though it moves only when told. */
  readonly isSystemClock?: boolean
  readonly dir?: string
  readonly history?: Deps['history']
}

const LIMITS = { memoryMb: 256, threads: 1 }

/** Rules that allow everything, so that a test sees its own subject only. */
export const OPEN_RULES: Config['rules'] = { ...defaultConfig.rules, caps: [], gaps: [], quietHours: [] }

export async function usecaseLab(options: LabOptions = {}): Promise<UsecaseLab> {
  const { startAt = NOON, adapters = [] } = options
  const config: Config = { ...defaultConfig, rules: OPEN_RULES, ...options.config }
  const store = options.store ?? (await pgliteStore({ dataDir: null }))
  const clock: Clock = { ...virtualClock(startAt), isVirtual: options.isSystemClock !== true }
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'paloma-lab-'))
  const lines: string[] = []
  let wall = startAt
  const notes = createNotes(
    (line) => lines.push(line),
    () => wall,
  )
  const deps: Deps = {
    store,
    history: options.history ?? parquetLog({ dir }),
    config,
    adapters: new Map(adapters.map((adapter): [Channel, ChannelAdapter] => [adapter.channel, adapter])),
    clock,
    snapshots: await snapshotKeeper(store, config, startAt),
    secret: 'a secret for tests only',
    publicUrl: 'https://paloma.test',
    readOut: (tables) => readOutTables(tables, LIMITS),
    planUnits: (rows) => planTables(rows, LIMITS),
    historyRows: (source, read) => withHistoryRows(source, LIMITS, read),
    evaluatePolicy: async (log, options) => evaluatePolicy(log, options),
    inboxFeed: inboxFeed({ store, now: () => clock.now(), failed: (error) => lines.push(String(error)) }),
  }
  const { usecases, due } = createUsecases(deps, () => wall, { notes })
  return {
    ...{ deps, store, usecases, due, clock, lines, dir },
    passWallTime(ms) {
      wall += ms
    },
    async close() {
      if (options.store === undefined) await store.close()
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** A provider that answers as it is told, and keeps what it was handed. */
export interface ScriptedChannel extends ChannelAdapter {
  readonly handed: readonly Message[]
  /** From now on; a function may throw or wait. */
  answer(how: SendResult | ((message: Message) => Promise<SendResult>)): void
}

export function scriptedChannel(channel: Channel, traits: Partial<ChannelAdapter['traits']> = {}): ScriptedChannel {
  const handed: Message[] = []
  let how: (message: Message) => Promise<SendResult> = async () => ({ kind: 'sent', providerMessageId: 'p' })
  return {
    name: 'scripted',
    channel,
    requiredContent: ['subject'],
    traits: { isIdempotent: false, concurrency: 8, ...traits },
    canReach: ({ addresses }) => addresses.email !== 'unusable',
    async send(message) {
      handed.push(message)
      return how(message)
    },
    handed,
    answer(next) {
      how = typeof next === 'function' ? next : async () => next
    },
  }
}

export interface ReserveOptions {
  readonly at?: EpochMs
  readonly sendAt?: EpochMs
  readonly expires?: EpochMs
  readonly channel?: Channel
  readonly category?: Opportunity['category']
  readonly profile?: Partial<UserProfile>
}

/** A user with one decision that sends: at once, or later as a plan. The send's id is `send-<id>`. */
export async function reserve(store: Store, user: string, id: string, options: ReserveOptions = {}): Promise<void> {
  const { at = NOON, sendAt = at, expires = at + DAY_MS, channel = 'email', category = 'marketing' } = options
  await store.users.change([
    { userId: userId(user), update: (there) => there ?? exampleProfile(user, options.profile) },
  ])
  const opportunity = exampleOpportunity(`o-${id}`, user, { category, window: { notBefore: at, expires } })
  await store.opportunities.insertMany([opportunity], at)
  const action = { kind: 'send', opportunityId: opportunityId(`o-${id}`), variant: 'default', channel, sendAt } as const
  await store.decisions.insertMany([exampleNew(exampleDecision(id, user, { at, actions: [{ kind: 'hold' }, action] }))])
}

export async function sendOf(store: Store, id: string): Promise<Send> {
  const send = await store.sends.get(`send-${id}` as Send['sendId'])
  if (send === undefined) throw new Error(`there is no send of decision ${id}`)
  return send
}
