import { createHash, randomBytes } from 'node:crypto'
import type { ApiKey } from '../store/contract.ts'
import type { Usecases } from './contract.ts'
import type { Deps } from './deps.ts'

/** How long a key is believed before it is looked up again; a revoked key works no longer than this elsewhere. */
const BELIEVED_MS = 5_000

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** API keys: shown once, stored hashed. */
export function keyUsecases(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  wallClock: () => number,
): Usecases['keys'] {
  // By the secret itself: hashing it anew for each request would cost as much as everything else about a key.
  const believed = new Map<string, { readonly key: ApiKey; readonly until: number }>()
  return {
    async create(name, scopes) {
      const secret = `pk_${randomBytes(24).toString('base64url')}`
      const hash = hashOf(secret)
      const key: ApiKey = {
        id: `key_${hash.slice(0, 12)}`,
        name,
        scopes,
        hash,
        createdAt: clock.now(),
        revokedAt: null,
      }
      await store.registry.addKey(key)
      return { key, secret }
    },
    list: () => store.registry.listKeys(),
    revoke(id) {
      believed.clear()
      return store.registry.revokeKey(id, clock.now())
    },
    async authenticate(secret) {
      const known = believed.get(secret)
      if (known !== undefined && known.until > wallClock()) return known.key
      believed.delete(secret)
      const key = await store.registry.findKey(hashOf(secret))
      if (key === undefined || key.revokedAt !== null) return undefined
      believed.set(secret, { key, until: wallClock() + BELIEVED_MS })
      return key
    },
  }
}
