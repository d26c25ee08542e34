import type { EpochMs, PolicyState } from '@paloma/core/domain'

/** An API key; only its SHA-256 is kept. */
export interface ApiKey {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly hash: string
  readonly createdAt: EpochMs
  readonly revokedAt: EpochMs | null
}

export interface RegistryStore {
  saveState(state: PolicyState): Promise<void>
  loadState(id: number): Promise<PolicyState | undefined>
  /** Of everybody's, or of a line. */
  latestState(line?: string): Promise<PolicyState | undefined>
  /** Larger than that of any state, of whatever line. */
  nextStateId(): Promise<number>
  /** Deletes states older than the newest `keep` of their line that no decision names. Answers how many. */
  pruneStates(keep: number): Promise<number>
  /** Snapshot parts (everything but the state) as JSON text, by version. */
  saveSnapshot(version: string, json: string, at: EpochMs): Promise<void>
  loadSnapshot(version: string): Promise<string | undefined>
  addKey(key: ApiKey): Promise<void>
  findKey(hash: string): Promise<ApiKey | undefined>
  listKeys(): Promise<readonly ApiKey[]>
  revokeKey(id: string, at: EpochMs): Promise<boolean>
  /** Small named values that must survive a restart: server secrets, job watermarks, the virtual clock. */
  getSetting(name: string): Promise<string | undefined>
  setSetting(name: string, value: string): Promise<void>
  /** Sets it unless it is there; answers what stands. */
  setSettingOnce(name: string, value: string): Promise<string>
  /** Settings whose name begins with `prefix`, by name. */
  listSettings(prefix: string): Promise<readonly { readonly name: string; readonly value: string }[]>
  deleteSetting(name: string): Promise<void>
}
