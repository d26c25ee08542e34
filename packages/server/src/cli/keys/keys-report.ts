import type { ListedKey } from '../connection/index.ts'
import { alignTable, type Report, shortened } from '../print/index.ts'

const NAME_WIDTH = 30

/** A new key, with the secret that is shown this once. */
export function createdReport({ key, secret }: { readonly key: ListedKey; readonly secret: string }): Report {
  const text = `Created ${key.id} "${key.name}" with ${scopesText(key)}.

  ${secret}

Keep the secret: it is shown this once, and stored only as a hash.`
  return { data: { key, secret }, text }
}

/** All keys, the revoked ones last. */
export function listReport(keys: readonly ListedKey[], place: string): Report {
  const ordered = [...keys].sort((a, b) => Number(a.revokedAt !== null) - Number(b.revokedAt !== null))
  if (keys.length === 0) return { data: { keys }, text: `There is no API key in ${place}.` }
  const rows = ordered.map((key) => [
    key.id,
    shortened(key.name, NAME_WIDTH),
    key.scopes.join(','),
    dayOf(key.createdAt),
    key.revokedAt === null ? 'valid' : `revoked ${dayOf(key.revokedAt)}`,
  ])
  return { data: { keys: ordered }, text: alignTable(['id', 'name', 'scopes', 'created', 'state'], rows, 5) }
}

function scopesText({ scopes }: ListedKey): string {
  return `${scopes.length === 1 ? 'the scope' : 'the scopes'} ${scopes.join(', ')}`
}

function dayOf(moment: string): string {
  return moment.slice(0, 10)
}
