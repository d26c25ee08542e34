import type { PolicyArtifact } from '@paloma/core'
import type {
  EvaluationInput,
  RampInput,
  StopInput,
  WireAudit,
  WireCandidateEvaluation,
  WireExperiment,
  WireExperimentCreated,
  WireExperimentDetail,
  WireExperimentResults,
  WireExplanation,
  WireExposures,
  WirePlanFromLog,
  WireReplay,
} from '@paloma/sdk'

/** An API key as it is listed: never its secret. Times are ISO 8601. */
export interface ListedKey {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly createdAt: string
  readonly revokedAt: string | null
}

/** Where a plan looks, and how many days back users would have come. */
export interface PlanOptions {
  readonly from: 'live' | 'history'
  readonly days: number
}

/** What the commands ask for, of a running server or of the store alone. */
export interface Connection {
  /** Where the answers come from, for people. */
  readonly place: string
  readonly keys: {
    create(name: string, scopes: readonly string[]): Promise<{ readonly key: ListedKey; readonly secret: string }>
    list(): Promise<readonly ListedKey[]>
    /** False where there is no such key, or it was revoked before. */
    revoke(id: string): Promise<boolean>
  }
  readonly decisions: {
    explain(id: string): Promise<WireExplanation | undefined>
    replay(id: string): Promise<WireReplay | undefined>
    audit(options: { readonly day?: string; readonly onProgress: (text: string) => void }): Promise<WireAudit>
  }
  /** Only of a running server: it is the one that decides. The store alone rejects with SERVER_NEEDED. */
  readonly experiments: {
    /** The server checks what it is given. */
    create(design: unknown): Promise<WireExperimentCreated>
    list(): Promise<readonly WireExperiment[]>
    get(key: string): Promise<{ readonly experiment: WireExperimentDetail; readonly exposures: WireExposures }>
    start(key: string): Promise<WireExperiment>
    ramp(key: string, ramp: RampInput): Promise<WireExperiment>
    stop(key: string, end: StopInput): Promise<WireExperiment>
    results(
      key: string,
      options: { readonly from: 'live' | 'history'; readonly heterogeneity: boolean; readonly pastEffects: boolean },
    ): Promise<WireExperimentResults>
    plan(key: string, options: PlanOptions): Promise<WirePlanFromLog>
  }
  readonly evaluations: {
    /** What a changed configuration would have done in past decisions; a store alone lays `config` over the defaults. */
    run(
      input: EvaluationInput,
      options: { readonly onProgress: (text: string) => void },
    ): Promise<WireCandidateEvaluation>
  }
  /** Only of a running server, which has the snapshot. The store alone rejects with SERVER_NEEDED. */
  readonly policies: {
    artifact(name: string): Promise<PolicyArtifact>
  }
  close(): Promise<void>
}

/** What a command was told about where to go. */
export interface ConnectionOptions {
  readonly url?: string
  readonly key?: string
  readonly dataDir?: string
  readonly databaseUrl?: string
}

/** Opens a connection. Rejects with USAGE, SERVER_UNREACHABLE, STORE_LOCKED, STORE_ABSENT and what the store says. */
export type Connect = (options: ConnectionOptions, intent: { readonly mayCreate: boolean }) => Promise<Connection>
