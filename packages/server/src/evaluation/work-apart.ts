import { Worker } from 'node:worker_threads'
import {
  type EvaluationLog,
  type EvaluationOptions,
  type ExperimentReadOut,
  type ExperimentSummary,
  PalomaError,
  type PolicyEvaluation,
  type ReadOutSpec,
} from '@paloma/core'

/** What a thread is given. */
export type ApartTask =
  | { readonly kind: 'evaluatePolicy'; readonly log: EvaluationLog; readonly options: EvaluationOptions }
  | { readonly kind: 'readOut'; readonly summary: ExperimentSummary; readonly spec: ReadOutSpec }

/** What each task comes to. */
export interface ApartResults {
  readonly evaluatePolicy: PolicyEvaluation
  readonly readOut: ExperimentReadOut
}

/** What a thread says. */
export type ApartAnswer =
  | { readonly kind: 'done'; readonly result: ApartResults[ApartTask['kind']] }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly hint?: string }

/**
 * Works on a thread of its own, beside everything else the process does. Rejects with the signal's reason when it is aborted, and with
 * EVALUATION_LOST where the thread ends without an answer.
 *
 * @throws PalomaError what the work throws
 */
export async function workApart<Kind extends ApartTask['kind']>(
  task: Extract<ApartTask, { readonly kind: Kind }>,
  signal?: AbortSignal,
): Promise<ApartResults[Kind]> {
  signal?.throwIfAborted()
  const worker = startWorker(task)
  try {
    return await answerOf<ApartResults[Kind]>(worker, signal)
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

function answerOf<Result>(worker: Worker, signal: AbortSignal | undefined): Promise<Result> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    worker.once('message', (answer: ApartAnswer) => {
      if (answer.kind === 'done') return resolve(answer.result as Result)
      const hint = answer.hint === undefined ? {} : { hint: answer.hint }
      reject(new PalomaError(answer.code, answer.message, hint))
    })
    worker.once('error', reject)
    worker.once('exit', (code) => {
      reject(new PalomaError('EVALUATION_LOST', `the thread that evaluates ended with ${code}`))
    })
  })
}
