import { PalomaError } from '../domain/index.ts'

/** A randomised experiment with a model's scores, as columns. */
export interface UpliftData {
  /** Predicted uplift; higher is treated first. */
  readonly scores: ArrayLike<number>
  /** 1 treated, 0 not. */
  readonly treated: ArrayLike<number>
  /** 1 responded, 0 not. */
  readonly responded: ArrayLike<number>
}

/** Throws UPLIFT_DATA_INVALID naming row and field unless lengths agree and both columns hold only 0 and 1. */
export function checkUpliftData({ scores, treated, responded }: UpliftData): void {
  if (treated.length !== scores.length || responded.length !== scores.length)
    throw invalid('treated.length and responded.length', `${scores.length}`, `${treated.length}, ${responded.length}`)
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isFinite(scores[i])) throw invalid(`scores[${i}]`, 'a finite number', `${scores[i]}`)
    if (treated[i] !== 0 && treated[i] !== 1) throw invalid(`treated[${i}]`, '0 or 1', `${treated[i]}`)
    if (responded[i] !== 0 && responded[i] !== 1) throw invalid(`responded[${i}]`, '0 or 1', `${responded[i]}`)
  }
}

function invalid(field: string, expected: string, value: string): PalomaError {
  return new PalomaError('UPLIFT_DATA_INVALID', `${field} must be ${expected}, got ${value}`)
}
