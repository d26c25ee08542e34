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
    (scope.channels === undefined || scope.channels.includes(subject.channel)) &&
    (scope.categories ?? DEFAULT_CATEGORIES).includes(subject.category) &&
    (scope.topics === undefined || scope.topics.includes(subject.topic)) &&
    (scope.messages === undefined || scope.messages.includes(subject.message))
  )
}
