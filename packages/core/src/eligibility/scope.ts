import type { Category, Channel, RuleScope } from '../domain/index.ts'

/** What a rule looks at of a candidate, of a send about to leave, or of a past send. */
export interface Subject {
  readonly channel: Channel
  readonly category: Category
  readonly topic: string
  readonly message: string
}

/** A rule that names no categories leaves transactional messages alone. */
const DEFAULT_CATEGORIES: readonly Category[] = ['service', 'marketing']

/** Whether a rule speaks about this send: every member of its scope that is present must name it. */
export function isInScope(scope: RuleScope, subject: Subject): boolean {
  return (
    (scope.channels === undefined || holds(scope.channels, subject.channel)) &&
    holds(scope.categories ?? DEFAULT_CATEGORIES, subject.category) &&
    (scope.topics === undefined || holds(scope.topics, subject.topic)) &&
    (scope.messages === undefined || holds(scope.messages, subject.message))
  )
}

/** What `includes` says, without the call into the runtime that it is for lists as short as these. */
function holds(names: readonly string[], name: string): boolean {
  for (let i = 0; i < names.length; i += 1) if (names[i] === name) return true
  return false
}
