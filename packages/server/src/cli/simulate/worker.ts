import { parentPort, workerData } from 'node:worker_threads'
import { PalomaError } from '@paloma/core/domain'
import { type Task, type TaskSetting, taskRunner } from './run-task.ts'
import type { WorkerAnswer } from './run-tasks.ts'

const run = taskRunner(workerData as TaskSetting)

function refusalOf(error: unknown): WorkerAnswer {
  if (!(error instanceof PalomaError)) throw error
  const { code, message, hint } = error
  return { kind: 'refused', code, message, ...(hint === undefined ? {} : { hint }) }
}

parentPort?.on('message', (task: Task) => {
  run(task).then(
    (done) => parentPort?.postMessage({ kind: 'done', run: done } satisfies WorkerAnswer),
    (error: unknown) => parentPort?.postMessage(refusalOf(error)),
  )
})
