import type { Channel } from '@paloma/core/domain'
import { PalomaError } from '@paloma/core/domain'

/** Channels that may stand behind a webhook; in-app has an inbox of its own. */
export type WebhookChannel = Exclude<Channel, 'in-app'>

/** Options of `webhookChannel`. */
export interface WebhookChannelOptions {
  readonly channel: WebhookChannel
  /** Where to POST; http or https. */
  readonly url: string
  /** Standard Webhooks secret: `whsec_` and base64, of 24 to 64 bytes. */
  readonly secret: string
  readonly timeoutMs: number
  /** The time that is signed. */
  readonly now: () => number
  readonly concurrency?: number
}

const MIN_SECRET_BYTES = 24

/** The endpoint of a webhook. Throws `INVALID_CONFIG` for a URL, secret or timeout that cannot work. */
export function checkWebhook(options: WebhookChannelOptions): URL {
  if (!URL.canParse(options.url) || !/^https?:$/.test(new URL(options.url).protocol)) {
    throw new PalomaError('INVALID_CONFIG', `webhook url must be an http(s) URL, got ${JSON.stringify(options.url)}`)
  }
  const secretBytes = Buffer.from(options.secret.replace(/^whsec_/, ''), 'base64').length
  if (secretBytes < MIN_SECRET_BYTES) {
    throw new PalomaError(
      'INVALID_CONFIG',
      `webhook secret must hold >= ${MIN_SECRET_BYTES} bytes, got ${secretBytes}`,
      {
        hint: 'Generate one with `echo whsec_$(openssl rand -base64 32)`.',
      },
    )
  }
  if (!(options.timeoutMs > 0)) {
    throw new PalomaError('INVALID_CONFIG', `webhook timeoutMs must be > 0, got ${options.timeoutMs}`)
  }
  return new URL(options.url)
}
