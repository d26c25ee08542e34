/** Members in which two JSON-like values differ, as JSON pointers with both values; numbers must be the same bits. */
export function differencesOf(
  logged: unknown,
  replayed: unknown,
  pointer = '',
): readonly { readonly pointer: string; readonly logged: unknown; readonly replayed: unknown }[] {
  if (Object.is(logged, replayed)) return []
  if (!isBag(logged) || !isBag(replayed)) return [{ pointer, logged, replayed }]
  const names = new Set([...Object.keys(logged), ...Object.keys(replayed)])
  return [...names].flatMap((name) => differencesOf(logged[name], replayed[name], `${pointer}/${escapePointer(name)}`))
}

function isBag(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
