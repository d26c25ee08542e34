import type { AdapterConfig, Config, Runtime } from '../../config/contract.ts'
import type { StoreLook } from '../../store/look-at-store.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What the doctor looks through; the composition root gives the real things. */
export interface DoctorDeps {
  readonly env: Environment
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly nodeVersion: string
  /** Whether the console's pages were built. */
  readonly isConsoleBuilt: boolean
  loadConfig(path: string | undefined): Promise<{ readonly config: Config; readonly file: string | null }>
  lookAtStore(runtime: Pick<Runtime, 'dataDir' | 'databaseUrl'>): Promise<StoreLook>
  /** Makes the adapter of a channel and asks its provider. Throws PalomaError for options that cannot work. */
  checkAdapter(channel: string, options: AdapterConfig): Promise<{ readonly ok: boolean; readonly detail: string }>
}
