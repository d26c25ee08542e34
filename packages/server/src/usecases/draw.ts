import { hash53, type Snapshot } from '@paloma/core'

/** One uniform number, the same for the same decision under the same rules and state. */
export function drawFor(decisionId: string, snapshot: Pick<Snapshot, 'version' | 'state'>): () => number {
  return () => hash53(decisionId, snapshot.version, String(snapshot.state.id))
}
