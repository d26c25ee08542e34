import { parentPort, workerData } from 'node:worker_threads'
import { evaluatePolicy, PalomaError, readOut } from '@paloma/core'
import type { ApartAnswer, ApartResults, ApartTask } from './work-apart.ts'

function answer(): ApartAnswer {
  try {
    return { kind: 'done', result: resultOf(workerData as ApartTask) }
  } catch (error) {
    if (!(error instanceof PalomaError)) throw error
    const { code, message, hint } = error
    return { kind: 'refused', code, message, ...(hint === undefined ? {} : { hint }) }
  }
}

function resultOf(task: ApartTask): ApartResults[ApartTask['kind']] {
  switch (task.kind) {
    case 'evaluatePolicy':
      return evaluatePolicy(task.log, task.options)
    case 'readOut':
      return readOut(task.summary, task.spec)
  }
}

parentPort?.postMessage(answer())
