const STYLE =
  'body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem;color:#222;background:#fff}' +
  'button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.4rem;background:#1a56db;color:#fff;cursor:pointer}'

/** Headers of pages that strangers open: nothing is loaded, framed, indexed, kept or told onward. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-robots-tag': 'noindex',
  'x-content-type-options': 'nosniff',
}

/** Text that is safe inside HTML. `escaped('<b>')` is `&lt;b&gt;`. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

function page(title: string, content: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style></head><body><main><h1>${title}</h1>${content}</main></body></html>`
}

interface Subscription {
  readonly channel: string
  readonly topic: string
}

function described({ channel, topic }: Subscription): string {
  return `<strong>${escaped(topic)}</strong> messages by <strong>${escaped(channel)}</strong>`
}

/** Asks; the button posts to the same address. */
export function askPage(subscription: Subscription): string {
  return page(
    'Unsubscribe',
    `<p>You will no longer receive ${described(subscription)}.</p><form method="post"><button name="confirm" value="yes">Unsubscribe</button></form>`,
  )
}

/** Confirms. */
export function donePage(subscription: Subscription): string {
  return page('You are unsubscribed', `<p>We no longer send you ${described(subscription)}.</p>`)
}

/** For a link that was cut off or made up. */
export function unknownLinkPage(): string {
  return page('This link does not work', '<p>It may have been cut off. Please open it from the message again.</p>')
}
