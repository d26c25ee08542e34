import { wordsForCode } from '../domain/index.ts'
import { UNDEFINED_REASONS } from '../statistics/index.ts'

const CODES: ReadonlySet<unknown> = new Set(UNDEFINED_REASONS)

/** The same, with `words` beside each `reason` why there is no number, at whatever depth. */
export function withWords<T>(value: T): T
export function withWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => withWords(each))
  if (typeof value !== 'object' || value === null) return value
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  const entries = Object.entries(value).map(([key, each]) => [key, withWords(each)] as const)
  const reason: unknown = Reflect.get(value, 'reason')
  const words = typeof reason === 'string' && CODES.has(reason) ? { words: wordsForCode(reason) } : {}
  return { ...Object.fromEntries(entries), ...words }
}
