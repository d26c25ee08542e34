import { PalomaError } from '../domain/index.ts'

/** A randomised experiment with a model's scores, as columns. */
export interface UpliftData {
  /** Predicted uplift; higher is treated first. */
  readonly scores: ArrayLike<number>
  /** 1 treated, 0 not. */
  readonly treated: ArrayLike<number>
  /** 1 responded, 0 not; any finite number where a method says so. */
  readonly responded: ArrayLike<number>
}

/** Throws UPLIFT_DATA_INVALID naming row and field unless lengths agree and columns hold what they should: responses only 0 and 1 if `isBinary`. */
export function checkUpliftData(
  { scores, treated, responded }: UpliftData,
  { isBinary }: { readonly isBinary: boolean } = { isBinary: true },
): void {
  if (treated.length !== scores.length || responded.length !== scores.length)
    throw invalid('treated.length and responded.length', `${scores.length}`, `${treated.length}, ${responded.length}`)
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isFinite(scores[i])) throw invalid(`scores[${i}]`, 'a finite number', `${scores[i]}`)
    if (!isBit(treated[i])) throw invalid(`treated[${i}]`, '0 or 1', `${treated[i]}`)
    if (isBinary ? isBit(responded[i]) : Number.isFinite(responded[i])) continue
    throw invalid(`responded[${i}]`, isBinary ? '0 or 1' : 'a finite number', `${responded[i]}`)
  }
}

function isBit(value: number | undefined): boolean {
  return value === 0 || value === 1
}

function invalid(field: string, expected: string, value: string): PalomaError {
  return new PalomaError('UPLIFT_DATA_INVALID', `${field} must be ${expected}, got ${value}`)
}
