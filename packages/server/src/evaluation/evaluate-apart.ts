import { Worker } from 'node:worker_threads'
import {
  type EvaluationLog,
  type EvaluationOptions,
  evaluatePolicy,
  PalomaError,
  type PolicyEvaluation,
} from '@paloma/core'

/** What a thread says of a log. */
export type ApartAnswer =
  | { readonly kind: 'done'; readonly evaluation: PolicyEvaluation }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly hint?: string }

/** What a thread is given. */
export interface ApartTask {
  readonly log: EvaluationLog
  readonly options: EvaluationOptions
}

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
  const worker = startWorker({ log, options })
  try {
    return await answerOf(worker, signal)
  } finally {
    await worker.terminate()
  }
}

/** Compiled, a thread runs `worker.js`; from source it first needs the loader that reads TypeScript. */
function startWorker(task: ApartTask): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./worker.js', import.meta.url), { workerData: task })
  const file = new URL('./worker.ts', import.meta.url).href
  const boot = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(file)}) })`
  return new Worker(boot, { eval: true, workerData: task, execArgv: ['--conditions', 'paloma-source'] })
}

function answerOf(worker: Worker, signal: AbortSignal | undefined): Promise<PolicyEvaluation> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    worker.once('message', (answer: ApartAnswer) => {
      if (answer.kind === 'done') return resolve(answer.evaluation)
      const hint = answer.hint === undefined ? {} : { hint: answer.hint }
      reject(new PalomaError(answer.code, answer.message, hint))
    })
    worker.once('error', reject)
    worker.once('exit', (code) => {
      reject(new PalomaError('EVALUATION_LOST', `the thread that evaluates ended with ${code}`))
    })
  })
}
