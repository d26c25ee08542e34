import { parentPort, workerData } from 'node:worker_threads'
import { evaluatePolicy, PalomaError } from '@paloma/core'
import type { ApartAnswer, ApartTask } from './evaluate-apart.ts'

const { log, options } = workerData as ApartTask

function answer(): ApartAnswer {
  try {
    return { kind: 'done', evaluation: evaluatePolicy(log, options) }
  } catch (error) {
    if (!(error instanceof PalomaError)) throw error
    const { code, message, hint } = error
    return { kind: 'refused', code, message, ...(hint === undefined ? {} : { hint }) }
  }
}

parentPort?.postMessage(answer())
