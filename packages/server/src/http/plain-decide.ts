import { decisionId, type Scalar, userId } from '@paloma/core/domain'
import type { DecideCommand } from '../usecases/contract.ts'
import { MAX_MEMBERS, MAX_NAME, MAX_TEXT } from './schemas/atoms.ts'

/**
 * The command of a body that is plainly sound: what `decideSchema` would answer, many times quicker. Undefined for all
 * that looks unusual, be it wrong or only rare; the schema then says which.
 */
export function plainDecide(body: unknown): DecideCommand | undefined {
  if (!isBag(body)) return undefined
  for (const name in body) if (!KNOWN.has(name)) return undefined
  const { decisionId: id, userId: user, context = NO_CONTEXT, deliver = true } = body
  if (!isName(id) || !isName(user) || typeof deliver !== 'boolean' || !isContext(context)) return undefined
  return { decisionId: decisionId(id), userId: userId(user), context, deliver }
}

/** Members that may stand in a plain body; `at` is rare. */
const KNOWN: ReadonlySet<string> = new Set(['decisionId', 'userId', 'context', 'deliver'])
const NO_CONTEXT: Readonly<Record<string, Scalar>> = {}

function isBag(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME && isOrdinary(value)
}

/** Neither a NUL nor half of a surrogate pair; a whole pair is not ordinary either. */
function isOrdinary(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    if (unit === 0 || (unit & 0xf800) === 0xd800) return false
  }
  return true
}

function isContext(value: unknown): value is Readonly<Record<string, Scalar>> {
  if (!isBag(value)) return false
  let members = 0
  for (const name in value) {
    members += 1
    if (members > MAX_MEMBERS || name === '__proto__' || !isName(name) || !isScalar(value[name])) return false
  }
  return true
}

function isScalar(value: unknown): value is Scalar {
  switch (typeof value) {
    case 'string':
      return value.length <= MAX_TEXT && isOrdinary(value)
    case 'number':
      return Number.isFinite(value)
    default:
      return typeof value === 'boolean'
  }
}
