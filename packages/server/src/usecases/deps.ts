import type { Channel } from '@paloma/core'
import type { ChannelAdapter } from '../channel/contract.ts'
import type { Config } from '../config/contract.ts'
import type { HistoryLog } from '../log/contract.ts'
import type { Store } from '../store/contract.ts'
import type { Clock } from './clock.ts'
import type { PolicyEngine } from './contract.ts'
import type { InboxFeed } from './inbox-feed.ts'
import type { HistoryReader, PlanEngine, ReadOutEngine } from './read-out-engine.ts'
import type { SnapshotKeeper } from './snapshot-keeper.ts'

/** What every use case is made of; joined in `app.ts`. */
export interface Deps {
  readonly store: Store
  readonly history: HistoryLog
  readonly config: Config
  readonly adapters: ReadonlyMap<Channel, ChannelAdapter>
  readonly clock: Clock
  readonly snapshots: SnapshotKeeper
  /** Signs unsubscribe and inbox tokens. */
  readonly secret: string
  /** Where this server is reached from outside, without a trailing slash. */
  readonly publicUrl: string
  readonly inboxFeed: InboxFeed
  readonly readOut: ReadOutEngine
  readonly planUnits: PlanEngine
  readonly historyRows: HistoryReader
  readonly evaluatePolicy: PolicyEngine
  /** Waits so many milliseconds while messages are with their providers; a timer by default. */
  readonly pause?: (ms: number) => Promise<unknown>
}

/** What past decisions are read from: the log, and the snapshots they were made with. */
export interface PastDeps {
  readonly store: Store
  readonly snapshots: Pick<SnapshotKeeper, 'at'>
}
