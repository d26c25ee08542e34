import { exportArtifact } from '@paloma/core'
import type { Usecases } from './contract.ts'
import type { Deps } from './deps.ts'

/** What the current policy has learned, for others to start from. */
export function policyUsecases({ snapshots }: Pick<Deps, 'snapshots'>): Usecases['policies'] {
  return { artifact: async (name) => exportArtifact(snapshots.current(), name) }
}
