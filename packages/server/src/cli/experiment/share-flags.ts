const MILLION = 1_000_000
const PER_CENT = 10_000

/** Millionths of a text such as `25%` or `250000`. Throws a RangeError that says what was expected. */
export function shareOf(text: string): number {
  const [, number, sign] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim()) ?? []
  const share = sign === '%' ? Math.round(Number(number) * PER_CENT) : Number(number)
  if (Number.isInteger(share) && share >= 0 && share <= MILLION) return share
  throw new RangeError(`expected a share such as 25% or 250000 (millionths), got "${text}".`)
}

/** Shares by name of a text such as `control=20%,new=80%`. Throws a RangeError that says what was expected. */
export function weightsOf(text: string): Readonly<Record<string, number>> {
  const pairs = text.split(',').map((part) => {
    const at = part.lastIndexOf('=')
    if (at < 1) throw new RangeError(`expected weights such as control=20%,new=80%, got "${part}".`)
    return [part.slice(0, at).trim(), shareOf(part.slice(at + 1))] as const
  })
  return Object.fromEntries(pairs)
}
