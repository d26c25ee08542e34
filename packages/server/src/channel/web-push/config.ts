import { createECDH } from 'node:crypto'
import { PalomaError } from '@paloma/core/domain'
import webPush from 'web-push'

/** How soon a push service should wake a device (RFC 8030 §5.3). */
export type Urgency = 'very-low' | 'low' | 'normal' | 'high'

/** Options of `webPushChannel`. */
export interface WebPushChannelOptions {
  /** Who is responsible for the messages: a `mailto:` or https URL (RFC 8292). */
  readonly subject: string
  /** Base64url; the same key that the browser subscribed with. */
  readonly vapidPublicKey: string
  readonly vapidPrivateKey: string
  /** How long a push service keeps a message for a sleeping device; cut short by the message's own end. */
  readonly ttlSeconds: number
  readonly urgency: Urgency
  /** The clock that messages live by; may be virtual. */
  readonly now: () => number
  /** The clock of the outside world, by which the sender's tokens expire. */
  readonly wallClock: () => number
  readonly timeoutMs?: number
  readonly concurrency?: number
  /**
   * Also accepts http endpoints and private networks. For tests alone: endpoints come from users' browsers, and would
   * otherwise let anybody make this server call its neighbours.
   */
  readonly allowLocalEndpoints?: boolean
}

/** RFC 8030 §5.2 lets a service shorten it; four weeks is what all of them keep. */
const MAX_TTL_SECONDS = 28 * 86_400

/** Checks what would otherwise fail at the first message. Throws `INVALID_CONFIG`. */
export function checkWebPush(options: WebPushChannelOptions): void {
  if (!(options.ttlSeconds >= 0 && options.ttlSeconds <= MAX_TTL_SECONDS)) {
    throw new PalomaError(
      'INVALID_CONFIG',
      `web-push ttlSeconds must be in [0, ${MAX_TTL_SECONDS}], got ${options.ttlSeconds}`,
    )
  }
  const { subject, vapidPublicKey, vapidPrivateKey } = options
  try {
    webPush.getVapidHeaders('https://push.example', subject, vapidPublicKey, vapidPrivateKey, 'aes128gcm')
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new PalomaError('INVALID_CONFIG', `web-push subject and VAPID keys must make a valid header: ${detail}`, {
      hint: 'Generate keys with `npx web-push generate-vapid-keys`; the subject is like mailto:you@example.com.',
      cause,
    })
  }
  if (isPair(vapidPublicKey, vapidPrivateKey)) return
  throw new PalomaError('INVALID_CONFIG', 'web-push vapidPrivateKey does not belong to vapidPublicKey', {
    hint: 'Both come from one run of `npx web-push generate-vapid-keys`; browsers subscribed with the public one.',
  })
}

/** Push services refuse every message that is signed with another key than the browser subscribed with. */
function isPair(publicKey: string, privateKey: string): boolean {
  const keys = createECDH('prime256v1')
  keys.setPrivateKey(privateKey, 'base64url')
  return keys.getPublicKey().equals(Buffer.from(publicKey, 'base64url'))
}
