import { type EvaluationLog, type EvaluationOptions, evaluatePolicy, type PolicyEvaluation } from '@paloma/core'
import { workApart } from './work-apart.ts'

/** Below so many decisions starting a thread takes longer than the work. */
const WORTH_A_THREAD = 1_000

/**
 * Evaluates a policy beside everything else the process does: a large log on a thread of its own. Rejects with the signal's reason when
 * it is aborted.
 *
 * @throws PalomaError what `evaluatePolicy` throws
 */
export async function evaluateApart(
  log: EvaluationLog,
  options: EvaluationOptions,
  signal?: AbortSignal,
): Promise<PolicyEvaluation> {
  signal?.throwIfAborted()
  if (log.chosen.length < WORTH_A_THREAD) return evaluatePolicy(log, options)
  return workApart({ kind: 'evaluatePolicy', log, options }, signal)
}
