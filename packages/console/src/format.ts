const NUMBERS = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })
const COUNTS = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const MINUS = '\u2212'

/** A number to three significant digits with a true minus; a dash where there is none. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '\u2013'
  const text = Math.abs(value) >= 1000 ? COUNTS.format(value) : NUMBERS.format(value)
  return text.replace('-', MINUS)
}

/** Like `formatNumber`, with a plus before positive numbers. */
export function formatSigned(value: number | null | undefined): string {
  const text = formatNumber(value)
  return typeof value === 'number' && value > 0 ? `+${text}` : text
}

/** A share as a percentage: `0.034` is `3.4 %`. */
export function formatShare(share: number): string {
  return `${formatNumber(share * 100)}\u00a0%`
}

/** A moment in UTC to the minute: `2026-03-01 09:30`; seconds are in the `title` of the element. */
export function formatTime(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ')
}
