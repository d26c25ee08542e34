import type { Assignment, Decision } from '@paloma/core/domain'
import type { LogColumn } from './columns.ts'
import { readColumns, textCell } from './part-file.ts'

/** One user who met one experiment in one decision. */
export interface ExposedDecision extends Pick<Decision, 'userId' | 'decisionId' | 'at'> {
  readonly experiment: string
  readonly variant: string
  readonly phase: number
  /** Null where users are what is randomised. */
  readonly slot: number | null
  /** Null where clusters have no slots of their own. */
  readonly cluster: string | null
  /** What was known of the user: see `KnownAtExposure`; channels between commas. */
  readonly tenureDays: number | null
  readonly reachable: string
}

/** Columns of a file of exposures. */
export const exposureColumns: readonly LogColumn<ExposedDecision>[] = [
  { name: 'experiment', type: 'STRING', value: ({ experiment }) => experiment },
  { name: 'userId', type: 'STRING', value: ({ userId }) => userId },
  { name: 'slot', type: 'DOUBLE', value: ({ slot }) => slot },
  { name: 'variant', type: 'STRING', value: ({ variant }) => variant },
  { name: 'phase', type: 'INT32', value: ({ phase }) => phase },
  { name: 'timestamp', type: 'TIMESTAMP', value: ({ at }) => new Date(at) },
  { name: 'decisionId', type: 'STRING', value: ({ decisionId }) => decisionId },
  { name: 'cluster', type: 'STRING', value: ({ cluster }) => cluster },
  { name: 'tenureDays', type: 'DOUBLE', value: ({ tenureDays }) => tenureDays },
  { name: 'reachable', type: 'STRING', value: ({ reachable }) => reachable },
]

const ASKED = ['decisionId', 'timestamp', 'userId', 'assignments', 'tenureDays', 'reachable'] as const

/** The exposures that a file of decisions speaks of, one row group at a time. */
export async function* exposuresIn(path: string): AsyncGenerator<readonly ExposedDecision[], void> {
  for await (const rows of readColumns(path, ASKED)) {
    yield rows.flatMap(({ decisionId, timestamp, userId, assignments, tenureDays, reachable }) => {
      const text = textCell(assignments, path, 'assignments')
      if (!text.includes('"exposed":true')) return []
      const decided = {
        decisionId: textCell(decisionId, path, 'decisionId') as Decision['decisionId'],
        userId: textCell(userId, path, 'userId') as Decision['userId'],
        at: (timestamp as Date).getTime(),
        tenureDays: typeof tenureDays === 'number' ? tenureDays : null,
        reachable: textCell(reachable, path, 'reachable'),
      }
      return (JSON.parse(text) as readonly Assignment[])
        .filter(({ exposed }) => exposed === true)
        .map(({ experiment, variant, phase = 0, slot = null, cluster = null }) => ({
          ...{ ...decided, experiment, variant, phase, slot, cluster },
        }))
    })
  }
}
