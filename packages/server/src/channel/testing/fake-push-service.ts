import { createECDH, createPublicKey, randomBytes, verify } from 'node:crypto'
import type { PushSubscription } from '@paloma/core/domain'
import { decryptPush } from './decrypt-push.ts'
import { type FakeHttpProvider, fakeHttpProvider, type ReceivedPost } from './fake-http-provider.ts'

/** A push message as the browser sees it, with the headers that the push service saw. */
export interface ReceivedPush {
  readonly payload: Readonly<Record<string, unknown>>
  readonly headers: ReceivedPost['headers']
  readonly claims: Readonly<Record<string, unknown>>
}

/** A push service and the browser behind it: checks VAPID and the protocol's headers, then decrypts. */
export interface FakePushService {
  readonly http: FakeHttpProvider
  readonly subscription: PushSubscription
  readonly pushes: readonly ReceivedPush[]
}

/** `vapidPublicKey`: the only sender that the subscription lets in. */
export async function fakePushService(vapidPublicKey: string): Promise<FakePushService> {
  const browser = createECDH('prime256v1')
  const p256dh = browser.generateKeys('base64url')
  const auth = randomBytes(16)
  const pushes: ReceivedPush[] = []
  const http = await fakeHttpProvider(({ headers, body }) => {
    const claims = verifyVapid(headers.authorization ?? '', vapidPublicKey)
    if (claims.aud !== http.url) throw new Error(`aud is ${String(claims.aud)}, not ${http.url}`)
    if (!(Number(claims.exp) * 1000 > Date.now())) throw new Error('VAPID token has expired')
    if (!/^\d+$/.test(String(headers.ttl))) throw new Error('TTL is missing')
    if (headers['content-encoding'] !== 'aes128gcm') throw new Error('content-encoding is not aes128gcm')
    if (headers.topic !== undefined && !/^[\w-]{1,32}$/.test(String(headers.topic))) throw new Error('bad Topic')
    if (body.length > 4096) return { status: 413, body: 'too large' }
    const plain = decryptPush(body, { keys: browser, auth })
    pushes.push({ payload: JSON.parse(plain.toString()), headers, claims })
    return { status: 201 }
  })
  return {
    http,
    subscription: { endpoint: `${http.url}/push/1`, keys: { p256dh, auth: auth.toString('base64url') } },
    pushes,
  }
}

/** RFC 8292: the claims of a `vapid t=…, k=…` header, when the token is signed by the expected key. */
function verifyVapid(header: string, expectedKey: string): Record<string, unknown> {
  const [, token = '', key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(header) ?? []
  if (key !== expectedKey) throw new Error('VAPID key is not the one of the subscription')
  const point = Buffer.from(key, 'base64url')
  const jwk = { kty: 'EC', crv: 'P-256', x: point.toString('base64url', 1, 33), y: point.toString('base64url', 33, 65) }
  const [head = '', claims = '', signature = ''] = token.split('.')
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
  const signed = Buffer.from(`${head}.${claims}`)
  const isRight = verify(
    'sha256',
    signed,
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  if (!isRight) throw new Error('VAPID signature is wrong')
  return JSON.parse(Buffer.from(claims, 'base64url').toString())
}
