import { type EpochMs, PalomaError } from '@paloma/core'
import { type Connection, progressText } from './cli/connection/index.ts'
import { candidateConfigOf, candidatePartOf } from './config/candidate-config.ts'
import { defaultConfig } from './config/default-config.ts'
import { issuesOf } from './config/issues.ts'
import { evaluateApart } from './evaluation/index.ts'
import { evaluationInputSchema } from './http/schemas/evaluation.ts'
import { wireCandidateEvaluation } from './http/wire/evaluation-to-wire.ts'
import { iso } from './http/wire/to-wire.ts'
import { parquetLog } from './log/index.ts'
import type { Store } from './store/contract.ts'
import { evaluateCandidate, pastSnapshots, VIRTUAL_CLOCK } from './usecases/index.ts'

type Run = Connection['evaluations']['run']

/**
 * Evaluates a configuration on a store that no server holds. The input is checked as the server checks it; `now` is that of the store's
 * virtual clock, where it lived on one.
 */
export async function runOffline(
  store: Store,
  input: Parameters<Run>[0],
  {
    wallClock,
    historyDir,
    onProgress,
  }: {
    readonly wallClock: () => EpochMs
    readonly historyDir: string
    readonly onProgress: (text: string) => void
  },
): ReturnType<Run> {
  const parsed = evaluationInputSchema.safeParse(input, { reportInput: true })
  if (!parsed.success) {
    const [issue] = issuesOf(parsed.error)
    throw new PalomaError('USAGE', `${issue?.pointer ?? ''}: ${issue?.detail ?? 'is not valid'}`)
  }
  const { id, config, ...request } = parsed.data
  const candidate = candidateConfigOf(config, candidatePartOf(defaultConfig))
  const kept = await store.registry.getSetting(VIRTUAL_CLOCK)
  const now = kept === undefined ? wallClock() : Number(kept)
  const deps = {
    ...{ store, history: parquetLog({ dir: historyDir }), snapshots: pastSnapshots(store) },
    ...{ clock: { now: () => now }, evaluatePolicy: evaluateApart },
  }
  const evaluation = await evaluateCandidate(deps, { ...request, config: candidate }, (seen, at) =>
    onProgress(progressText({ seen, at: iso(at) })),
  )
  return wireCandidateEvaluation(evaluation)
}
