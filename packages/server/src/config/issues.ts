import type { z } from 'zod'

/** One fault of outside data: where it lies and what was expected instead. */
export interface Issue {
  /** JSON pointer, empty for the whole document. */
  readonly pointer: string
  readonly detail: string
}

/** What is said of a member that nobody knows. */
export const UNKNOWN_FIELD = 'is not a known field'

const SHOWN_CHARACTERS = 80

/** A JSON pointer (RFC 6901) of a path. `pointerOf(['a/b', 0])` is `/a~1b/0`. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** A value as it is quoted in a message: JSON, cut to a line. */
export function shown(value: unknown): string {
  const text =
    value === undefined
      ? 'nothing'
      : typeof value === 'number'
        ? String(value)
        : (JSON.stringify(value) ?? String(value))
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text
}

/** The faults Zod found, flattened: of a union only the branch that came nearest, unknown keys one by one. */
export function issuesOf(error: z.ZodError): readonly Issue[] {
  return error.issues.flatMap((issue) => flatten(issue, []))
}

type AnyIssue = z.core.$ZodIssue

function flatten(issue: AnyIssue, base: readonly PropertyKey[]): readonly Issue[] {
  const path = [...base, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: pointerOf([...path, key]), detail: UNKNOWN_FIELD }))
  }
  if (issue.code === 'invalid_union') {
    const branch = nearestBranch(issue.errors)
    if (branch !== undefined) return branch.flatMap((inner) => flatten(inner, path))
  }
  if (issue.code === 'invalid_key') return [{ pointer: pointerOf(path), detail: keyDetail(issue) }]
  return [{ pointer: pointerOf(path), detail: detailOf(issue) }]
}

/** What the name of a member should have been. */
function keyDetail({ issues, input }: z.core.$ZodIssueInvalidKey): string {
  const expectation = issues[0] === undefined ? 'expected another name' : expectationOf(issues[0].message)
  return `${expectation}, got ${shown(input)}`
}

/** A branch whose tag (`kind`) matched comes nearer than one whose tag did not, then the deepest wins. */
function nearestBranch(branches: readonly (readonly AnyIssue[])[]): readonly AnyIssue[] | undefined {
  const scored = branches
    .filter((issues) => issues.length > 0)
    .map((issues) => ({ issues, score: Math.min(...issues.map(nearness)) }))
  const best = Math.max(...scored.map(({ score }) => score))
  const nearest = scored.filter(({ score }) => score === best)
  return nearest.length === 1 || best > 0 ? nearest[0]?.issues : undefined
}

function nearness(issue: AnyIssue): number {
  if (issue.code === 'invalid_value' && issue.path.at(-1) === 'kind') return -1
  return issue.path.length
}

function detailOf(issue: AnyIssue): string {
  const expectation = expectationOf(issue.message)
  if (issue.input === undefined) return issue.code === 'invalid_type' ? `${expectation}, got nothing` : expectation
  // Of a union that is told apart by a member, that member is at fault and not the object, which may hold secrets.
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    return `${expectation}, got ${shown(memberOf(issue.input, issue.discriminator))}`
  }
  // A check across members reports the object that holds them, which is not the value at fault.
  const isWhole = issue.code === 'custom' && typeof issue.input === 'object'
  return isWhole ? expectation : `${expectation}, got ${shown(issue.input)}`
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** The part of Zod's message that says what was expected. `Too small: expected …` is `expected …`. */
function expectationOf(message: string): string {
  return message
    .replace(/^(Invalid input|Invalid option|Too small|Too big): /, '')
    .replace(/^Invalid discriminator value\. E/, 'e')
    .replace(/, received .*$/, '')
}
