/** A member in which two values differ. */
interface Difference {
  readonly pointer: string
  readonly logged: unknown
  readonly replayed: unknown
}

/** Members in which two JSON-like values differ, as JSON pointers with both values; numbers must be the same bits. */
export function differencesOf(logged: unknown, replayed: unknown, pointer = ''): readonly Difference[] {
  if (isSame(logged, replayed)) return []
  const here = { pointer, logged, replayed }
  if (!isBag(logged) || !isBag(replayed)) return [here]
  const names = new Set([...Object.keys(logged), ...Object.keys(replayed)])
  const inside = [...names].flatMap((name) =>
    differencesOf(logged[name], replayed[name], `${pointer}/${escapePointer(name)}`),
  )
  return inside.length > 0 ? inside : [here]
}

/** Without pointers, because almost everything that is compared is the same. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (!isBag(a) || !isBag(b) || Array.isArray(a) !== Array.isArray(b)) return false
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => isSame(item, b[i]))
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]))
}

function isBag(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
