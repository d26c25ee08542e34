import {
  type Category,
  type Channel,
  type DecisionReason,
  type DecisionTrigger,
  PalomaError,
  type RefusalReason,
} from '@paloma/core/domain'

/** Words that packed records keep as numbers. Lists only grow at their end: stored records hold the places. */
export interface Codes<Word extends string> {
  codeOf(word: Word): number
  wordOf(code: number): Word
}

function codes<Word extends string>(kind: string, words: readonly Word[]): Codes<Word> {
  const places = new Map(words.map((word, place) => [word, place]))
  return {
    codeOf(word) {
      const code = places.get(word)
      if (code === undefined) throw new PalomaError('RECORD_WORD_UNKNOWN', `no code for ${kind} ${word}`)
      return code
    },
    wordOf(code) {
      const word = words[code]
      if (word === undefined) throw new PalomaError('STORE_DAMAGED', `no ${kind} has code ${code}`)
      return word
    },
  }
}

export const channelCodes: Codes<Channel> = codes('channel', ['push', 'email', 'in-app', 'sms', 'webhook'])
export const categoryCodes: Codes<Category> = codes('category', ['transactional', 'service', 'marketing'])
export const triggerCodes: Codes<DecisionTrigger> = codes('trigger', ['request', 'planned'])
export const decisionReasonCodes: Codes<DecisionReason> = codes('reason', [
  'policy',
  'transactional',
  'holdout',
  'nothing-eligible',
])
export const refusalCodes: Codes<RefusalReason> = codes('refusal', [
  'channel-off',
  'no-content',
  'no-address',
  'suppressed',
  'channel-denied',
  'topic-denied',
  'no-consent',
  'capped',
  'minimum-gap',
  'quiet-hours',
  'not-before',
  'expired',
  'superseded',
  'duplicate',
  'group-exclusive',
  'already-sent',
  'withheld',
  'limit-reached',
])
