import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ApiKey } from '../store/contract.ts'
import type { Scope, Usecases } from '../usecases/contract.ts'
import { ProblemError } from './problem.ts'

/**
 * Who may call a route. `key`: an API key with the scope (`admin` has all scopes); with `inBody` the key may also stand
 * as `writeKey` in the body. `inbox`: such a key, or the inbox token of the user in the path. `local`: such a key, or
 * a caller on the same machine.
 */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'key'; readonly scope: Scope; readonly inBody?: true }
  | { readonly kind: 'inbox'; readonly scope: Scope }
  | { readonly kind: 'local'; readonly scope: Scope }

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
  interface FastifyRequest {
    /** The key that was shown, once it was checked. */
    apiKey: ApiKey | null
  }
}

/** Guards every route of `app` by its `config.access`; a route without one does not start. */
export function guard(app: FastifyInstance, usecases: Pick<Usecases, 'keys' | 'inbox'>): void {
  app.decorateRequest('apiKey', null)
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined && route.method !== 'OPTIONS') {
      throw new TypeError(`route ${String(route.method)} ${route.url} must say who may call it (config.access)`)
    }
  })
  app.addHook('onRequest', async (request) => {
    const access = request.is404 ? undefined : request.routeOptions.config.access
    if (access !== undefined) await admit(request, access, usecases)
  })
  app.addHook('preValidation', (request, _reply, done) => {
    const access = request.is404 ? undefined : request.routeOptions.config.access
    if (access?.kind !== 'key' || access.inBody !== true || request.apiKey !== null) return done()
    const showing = { secret: writeKeyOf(request.body), scope: access.scope, usecases }
    admitKey(request, showing).then(() => done(), done)
  })
}

async function admit(
  request: FastifyRequest,
  access: Access,
  usecases: Pick<Usecases, 'keys' | 'inbox'>,
): Promise<void> {
  if (access.kind === 'public' || (access.kind === 'local' && isLocal(request))) return
  const secret = secretOf(request)
  if (access.kind === 'inbox' && isInboxOwner(request, secret, usecases.inbox)) return
  if (access.kind === 'key' && access.inBody === true && secret === undefined) return
  await admitKey(request, { secret, scope: access.scope, usecases })
}

async function admitKey(
  request: FastifyRequest,
  { secret, scope, usecases }: { secret: string | undefined; scope: Scope; usecases: Pick<Usecases, 'keys'> },
): Promise<void> {
  if (secret === undefined) throw unauthorized('KEY_MISSING', 'this request needs an API key')
  const key = await usecases.keys.authenticate(secret)
  if (key === undefined || key.revokedAt !== null)
    throw unauthorized('KEY_INVALID', 'the API key is unknown or revoked')
  if (!key.scopes.includes(scope) && !key.scopes.includes('admin')) {
    throw new ProblemError('SCOPE_MISSING', `the API key "${key.name}" lacks the scope "${scope}"`, { status: 403 })
  }
  request.apiKey = key
}

function unauthorized(code: string, message: string): ProblemError {
  return new ProblemError(code, message, {
    status: 401,
    headers: { 'www-authenticate': 'Bearer realm="paloma", Basic realm="paloma"' },
    hint: 'Authorization: Bearer <key>, X-API-Key: <key>, or the key as the user name of HTTP Basic',
  })
}

/** The secret a request shows in its headers (for inboxes also `?token=`, as EventSource cannot set headers). */
function secretOf(request: FastifyRequest): string | undefined {
  const { authorization, 'x-api-key': header } = request.headers
  if (typeof header === 'string' && header !== '') return header
  const [, scheme, value] = /^(Bearer|Basic)\s+(\S+)\s*$/i.exec(authorization ?? '') ?? []
  if (scheme === undefined || value === undefined) return undefined
  if (scheme.toLowerCase() === 'bearer') return value
  const user = Buffer.from(value, 'base64').toString('utf8').split(':', 1)[0]
  return user === '' ? undefined : user
}

function isInboxOwner(request: FastifyRequest, secret: string | undefined, inbox: Usecases['inbox']): boolean {
  const token = secret ?? memberText(request.query, 'token')
  if (token === undefined) return false
  const owner = inbox.userOfToken(token)
  return owner !== undefined && owner === memberText(request.params, 'id')
}

function writeKeyOf(body: unknown): string | undefined {
  return memberText(body, 'writeKey')
}

function memberText(value: unknown, member: string): string | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member)) return undefined
  const text: unknown = Reflect.get(value, member)
  return typeof text === 'string' && text !== '' ? text : undefined
}

/** Whether the caller sits on this machine; a forwarded request tells of somebody behind a proxy. */
export function isLocal(request: FastifyRequest): boolean {
  const { 'x-forwarded-for': forwardedFor, forwarded } = request.headers
  if (forwardedFor !== undefined || forwarded !== undefined) return false
  return /^(::ffff:)?127\.|^::1$/.test(request.ip)
}
