import webPush from 'web-push'
import type { WebPushChannelOptions } from './config.ts'

/** Tokens live for 12 hours; signing takes longer than encrypting, so one serves many messages. */
const REUSE_MS = 3_600_000

/** Push services are few; more audiences than this are not worth remembering. */
const MAX_AUDIENCES = 100

/** The Authorization header (RFC 8292) for a push service's origin, signed at most once an hour for each. */
export function vapidHeaders(options: WebPushChannelOptions): (origin: string) => string {
  const kept = new Map<string, { readonly header: string; readonly madeAt: number }>()
  return (origin) => {
    const known = kept.get(origin)
    const at = options.wallClock()
    if (known !== undefined && at - known.madeAt < REUSE_MS) return known.header
    const { subject, vapidPublicKey, vapidPrivateKey } = options
    const { Authorization } = webPush.getVapidHeaders(origin, subject, vapidPublicKey, vapidPrivateKey, 'aes128gcm')
    if (kept.size >= MAX_AUDIENCES) kept.clear()
    kept.set(origin, { header: Authorization, madeAt: at })
    return Authorization
  }
}
