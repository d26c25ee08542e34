import { Worker } from 'node:worker_threads'
import { PalomaError } from '@paloma/core/domain'
import type { PolicyRun } from '@paloma/core/simulation'
import { type Task, type TaskSetting, taskRunner } from './run-task.ts'

/** What a worker says of a task. */
export type WorkerAnswer =
  | { readonly kind: 'done'; readonly run: PolicyRun }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly hint?: string }

export interface TaskOptions {
  readonly workers: number
  /** Hears after every task how many are done. */
  readonly onDone: (done: number, tasks: number) => void
}

/** Below so many user-days starting threads costs more than they save. */
const WORTH_A_THREAD = 200_000

/** Compiled, a thread runs `worker.js`; from source it first needs the loader that reads TypeScript. */
function startWorker(setting: TaskSetting): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./worker.js', import.meta.url), { workerData: setting })
  const file = new URL('./worker.ts', import.meta.url).href
  const boot = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(file)}) })`
  return new Worker(boot, { eval: true, workerData: setting, execArgv: ['--conditions', 'paloma-source'] })
}

async function runHere(setting: TaskSetting, tasks: readonly Task[], { onDone }: TaskOptions): Promise<PolicyRun[]> {
  const run = taskRunner(setting)
  const runs: PolicyRun[] = []
  for (const task of tasks) {
    runs.push(await run(task))
    onDone(runs.length, tasks.length)
    // Lets the progress be written.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return runs
}

function settled(worker: Worker, task: Task): Promise<PolicyRun> {
  return new Promise((resolve, reject) => {
    const onMessage = (answer: WorkerAnswer): void => {
      worker.off('error', onError)
      if (answer.kind === 'done') resolve(answer.run)
      else {
        const hint = answer.hint === undefined ? {} : { hint: answer.hint }
        reject(new PalomaError(answer.code, answer.message, hint))
      }
    }
    const onError = (error: Error): void => {
      worker.off('message', onMessage)
      reject(error)
    }
    worker.once('message', onMessage).once('error', onError)
    worker.postMessage(task)
  })
}

async function runThreaded(setting: TaskSetting, tasks: readonly Task[], options: TaskOptions): Promise<PolicyRun[]> {
  const runs = new Array<PolicyRun>(tasks.length)
  const queue = tasks.map((task, place) => ({ task, place }))
  let done = 0
  const serve = async (worker: Worker): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      runs[next.place] = await settled(worker, next.task)
      done += 1
      options.onDone(done, tasks.length)
    }
  }
  const workers = Array.from({ length: Math.min(options.workers, tasks.length) }, () => startWorker(setting))
  try {
    await Promise.all(workers.map(serve))
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  return runs
}

/** Runs tasks on threads where that pays, and answers their runs in the order of the tasks, whoever ran them. */
export async function runTasks(
  setting: TaskSetting,
  tasks: readonly Task[],
  options: TaskOptions,
): Promise<readonly PolicyRun[]> {
  const userDays = tasks.reduce((sum, { range }) => sum + (range.to - range.from) * setting.days, 0)
  const isSmall = options.workers === 1 || userDays < WORTH_A_THREAD
  return isSmall ? runHere(setting, tasks, options) : runThreaded(setting, tasks, options)
}
