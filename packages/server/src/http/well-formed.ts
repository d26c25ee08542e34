import { type Issue, pointerOf } from '../config/issues.ts'

/** How deep JSON may nest: more than any client of ours needs, far less than a stack can bear. */
export const MAX_DEPTH = 32

const LONE_SURROGATE = /\p{Surrogate}/u

/** What is wrong, and the way to it, innermost member first. */
interface Found {
  readonly detail: string
  readonly way: PropertyKey[]
}

/**
 * The first thing in parsed JSON that no store can keep: a NUL or half a surrogate pair in a string, a number beyond
 * float64, a `__proto__` member, or nesting deeper than MAX_DEPTH. Undefined for good data.
 */
export function malformation(value: unknown): Issue | undefined {
  const found = inspect(value, 0)
  return found === undefined ? undefined : { pointer: pointerOf(found.way.reverse()), detail: found.detail }
}

function inspect(value: unknown, depth: number): Found | undefined {
  if (typeof value === 'string') return foundHere(stringFault(value))
  if (typeof value === 'number') return foundHere(Number.isFinite(value) ? undefined : 'is beyond float64')
  if (typeof value !== 'object' || value === null) return undefined
  if (depth >= MAX_DEPTH) return foundHere(`is nested deeper than ${MAX_DEPTH} levels`)
  for (const key of Object.keys(value)) {
    const found = foundHere(keyFault(key)) ?? inspect(Reflect.get(value, key), depth + 1)
    if (found !== undefined) {
      found.way.push(key)
      return found
    }
  }
  return undefined
}

function foundHere(detail: string | undefined): Found | undefined {
  return detail === undefined ? undefined : { detail, way: [] }
}

function keyFault(key: string): string | undefined {
  return key === '__proto__' ? 'is a forbidden member name' : stringFault(key)
}

function stringFault(text: string): string | undefined {
  if (text.includes('\u0000')) return 'contains a NUL character'
  return LONE_SURROGATE.test(text) ? 'contains half a surrogate pair' : undefined
}
