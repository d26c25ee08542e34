import { type ExperimentReadOut, type ExperimentSummary, type ReadOutSpec, readOut } from '@paloma/core'
import { workApart } from './work-apart.ts'

/** Reads an experiment out; where single users are looked at, which takes seconds, on a thread of its own. */
export async function readOutApart(summary: ExperimentSummary, spec: ReadOutSpec): Promise<ExperimentReadOut> {
  return summary.single === undefined ? readOut(summary, spec) : workApart({ kind: 'readOut', summary, spec })
}
