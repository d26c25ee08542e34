import type { EpochMs } from '@paloma/core'
import type { Message } from '../channel/contract.ts'
import { createTemplates } from '../channel/template.ts'
import { signToken } from '../channel/unsubscribe-token.ts'
import type { Dispatch } from '../store/contract.ts'

/** A message ready for its provider, or why there can be none. */
export type Written =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'impossible'; readonly reason: string }

/** Renders the content of a send, with its unsubscribe link unless it is transactional. */
export function messageWriter(options: {
  readonly secret: string
  readonly publicUrl: string
}): (dispatch: Dispatch, now: EpochMs) => Written {
  const templates = createTemplates()
  return ({ send, user, opportunity }, now) => {
    const content = opportunity.variants.find(({ name }) => name === send.variant)?.content[send.channel]
    if (content === undefined) return impossible(`variant ${send.variant} has no content for ${send.channel}`)
    const unsubscribeUrl = send.category === 'transactional' ? null : unsubscribeUrlOf(send, options)
    const rendered = templates.render(content, {
      user: { userId: send.userId, traits: user.profile.traits },
      opportunity: { features: opportunity.features },
      message: send.message,
      unsubscribeUrl,
      now,
    })
    if (rendered.kind === 'invalid') {
      return impossible(`template ${rendered.field}, line ${rendered.line ?? '?'}: ${rendered.reason}`)
    }
    const { sendId, decisionId, userId, channel, message, category, topic, decidedAt } = send
    const who = { sendId, decisionId, userId, channel, message, category, topic, profile: user.profile }
    const when = { decidedAt, expiresAt: opportunity.window.expires }
    return { kind: 'message', message: { ...who, ...when, unsubscribeUrl, content: rendered.content } }
  }
}

function impossible(reason: string): Written {
  return { kind: 'impossible', reason }
}

function unsubscribeUrlOf(
  { userId, channel, topic }: Dispatch['send'],
  { secret, publicUrl }: { readonly secret: string; readonly publicUrl: string },
): string {
  return `${publicUrl}/u/${signToken(secret, { kind: 'unsubscribe', userId, channel, topic })}`
}
