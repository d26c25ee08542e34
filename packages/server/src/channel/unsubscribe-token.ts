import { createHmac, timingSafeEqual } from 'node:crypto'
import { CHANNELS, type Channel, PalomaError, type UserId, userId } from '@paloma/core/domain'

/** What a token stands for: the right to opt out of one topic on one channel, or to read one user's inbox. */
export type TokenPayload =
  | { readonly kind: 'unsubscribe'; readonly userId: UserId; readonly channel: Channel; readonly topic: string }
  | { readonly kind: 'inbox'; readonly userId: UserId }

const MIN_SECRET_LENGTH = 16

/**
 * Signs a payload as `body.mac`: base64url JSON and its HMAC-SHA256, safe inside a URL path.
 * Tokens do not expire, because an unsubscribe link in an old e-mail must still work.
 * Throws `INVALID_CONFIG` for a secret shorter than 16 characters.
 */
export function signToken(secret: string, payload: TokenPayload): string {
  const body = Buffer.from(JSON.stringify(toWire(payload))).toString('base64url')
  return `${body}.${mac(secret, body).toString('base64url')}`
}

/** The payload of a token that this secret signed; undefined for any other string. Compares in constant time. */
export function readToken(secret: string, token: string): TokenPayload | undefined {
  const [body, signature, ...rest] = token.split('.')
  if (body === undefined || signature === undefined || rest.length > 0) return undefined
  const expected = mac(secret, body)
  const given = Buffer.from(signature, 'base64url')
  // Only one spelling of each token is good: base64url decoding would forgive stray characters.
  if (given.length !== expected.length || given.toString('base64url') !== signature) return undefined
  return timingSafeEqual(given, expected) ? fromWire(JSON.parse(Buffer.from(body, 'base64url').toString())) : undefined
}

function mac(secret: string, body: string): Buffer {
  if (secret.length < MIN_SECRET_LENGTH) {
    throw new PalomaError(
      'INVALID_CONFIG',
      `token secret must have >= ${MIN_SECRET_LENGTH} characters, got ${secret.length}`,
      {
        hint: 'Generate one with `openssl rand -base64 32`.',
      },
    )
  }
  // The prefix keeps the secret's other uses apart from this one.
  return createHmac('sha256', secret).update(`paloma-token-v1.${body}`).digest()
}

function toWire(payload: TokenPayload): readonly string[] {
  return payload.kind === 'inbox' ? ['i', payload.userId] : ['u', payload.userId, payload.channel, payload.topic]
}

function fromWire(wire: readonly string[]): TokenPayload | undefined {
  const [kind, user, channelName, topic] = wire
  if (user === undefined) return undefined
  if (kind === 'i') return { kind: 'inbox', userId: userId(user) }
  const channel = CHANNELS.find((name) => name === channelName)
  if (kind !== 'u' || channel === undefined || topic === undefined) return undefined
  return { kind: 'unsubscribe', userId: userId(user), channel, topic }
}
