const MINUS = '\u2212'

function grouped(digits: string): string {
  const [whole = '', fraction] = digits.split('.')
  const spaced = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? spaced : `${spaced}.${fraction}`
}

/** A number for people: about three significant digits, thousands grouped, a true minus; a dash when it is not finite. */
export function formatNumber(value: number, decimals?: number): string {
  if (!Number.isFinite(value)) return '\u2013'
  const size = Math.abs(value)
  const places =
    decimals ?? (size === 0 || size >= 100 ? 0 : Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(size)))))
  const text = grouped(size.toFixed(places))
  return value < 0 && Number(size.toFixed(places)) !== 0 ? `${MINUS}${text}` : text
}

/** Like `formatNumber` with a plus before positive numbers, for differences. */
export function formatSigned(value: number, decimals?: number): string {
  const text = formatNumber(value, decimals)
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text
}

/** A share as a percentage with at most one decimal: `0.034` is `3.4 %`, `0.95` is `95 %`. */
export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return '\u2013'
  return `${formatNumber(share * 100, 1).replace(/\.0$/, '')}\u00a0%`
}

/** Decimals that show half the width of an interval to two digits, so that a mean and its ends share them. */
export function decimalsFor(width: number): number {
  if (!Number.isFinite(width) || width <= 0) return 2
  return Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(width / 2))))
}
