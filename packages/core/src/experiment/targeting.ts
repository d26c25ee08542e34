import { assertNever, type Condition, type Scalar } from '../domain/index.ts'

/** Whether all conditions hold of these traits. A trait that is not there is neither between, nor one of, nor known. */
export function isTargeted(conditions: readonly Condition[], traits: Readonly<Record<string, Scalar>>): boolean {
  return conditions.every((condition) => holds(condition, traitOf(traits, condition.trait)))
}

function traitOf(traits: Readonly<Record<string, Scalar>>, name: string): Scalar | undefined {
  return Object.hasOwn(traits, name) ? traits[name] : undefined
}

function holds(condition: Condition, value: Scalar | undefined): boolean {
  switch (condition.kind) {
    case 'oneOf':
      return value !== undefined && condition.values.includes(value)
    case 'noneOf':
      return value === undefined || !condition.values.includes(value)
    case 'between':
      return typeof value === 'number' && value >= (condition.min ?? -Infinity) && value <= (condition.max ?? Infinity)
    case 'known':
      return value !== undefined
    default:
      return assertNever(condition)
  }
}
