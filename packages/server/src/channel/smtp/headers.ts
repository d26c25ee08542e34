import type { Message } from '../contract.ts'

/** What DKIM covers. RFC 8058 §4 wants both List-Unsubscribe headers signed. */
export const SIGNED_HEADERS =
  'From:To:Subject:Date:Message-ID:MIME-Version:Content-Type:Content-Transfer-Encoding:Feedback-ID:Auto-Submitted:List-Unsubscribe:List-Unsubscribe-Post'

/** The headers beside From, To, Subject: what mailbox providers ask of automatic and of promotional mail. */
export function extraHeaders(
  message: Message,
  unsubscribeMailto: string | undefined,
): Readonly<Record<string, string>> {
  return {
    // RFC 3834: keeps vacation notices from answering.
    'Auto-Submitted': 'auto-generated',
    'Feedback-ID': [message.message, message.topic, message.category, 'paloma'].map(feedbackPart).join(':'),
    ...(message.category === 'transactional' ? {} : listUnsubscribe(message.unsubscribeUrl, unsubscribeMailto)),
  }
}

/** RFC 2369 and RFC 8058; one-click needs https. */
function listUnsubscribe(url: string | null, mailto: string | undefined): Readonly<Record<string, string>> {
  const href = url !== null && URL.canParse(url) ? new URL(url).href.replaceAll('>', '%3E') : undefined
  const targets = [
    ...(href === undefined ? [] : [`<${foldable(href)}>`]),
    ...(mailto === undefined ? [] : [`<mailto:${mailto}?subject=unsubscribe>`]),
  ]
  if (targets.length === 0) return {}
  return {
    'List-Unsubscribe': targets.join(', '),
    ...(href?.startsWith('https:') === true ? { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } : {}),
  }
}

/** Readers ignore blanks inside the brackets (RFC 2369 §2), and a header line has at most 998 characters. */
function foldable(href: string): string {
  return href.replace(/.{900}(?=.)/g, '$& ')
}

/** Colons separate the parts, so a part holds none. */
function feedbackPart(text: string): string {
  return text.replace(/[^\w.-]+/g, '-').slice(0, 64)
}
