import type { DecisionReason } from './decision.ts'
import type { RefusalReason } from './rules.ts'

/** Why there is no number, or no interval; see `UNDEFINED_REASONS`. */
const NO_ANSWER = {
  'too-few-units': 'too few users',
  'zero-variance': 'all values are alike',
  'not-finite': 'a value is not finite',
  'zero-baseline': 'the control mean is 0',
  'weak-baseline': 'the control mean is too uncertain to be a base',
  'zero-denominator': 'the denominator is 0',
  'no-weight': 'the weights sum to 0',
  'weak-compliance': 'too few differ in what they received',
  'not-reached': 'it was not reached in what was observed',
  'no-test': 'not tested at this look',
  'measured-after-exposure': 'a feature was measured after exposure',
  'differs-between-variants': 'a feature differs between variants, so it is not from before exposure',
  'weak-index': 'effects on the index are too uncertain to tell a slope',
} as const

/** Why a covariate did not enter an adjustment. */
const NO_COVARIATE = {
  constant: 'the same for everybody',
  collinear: 'says nothing that the others do not',
} as const

const REFUSED: Readonly<Record<RefusalReason, string>> = {
  'channel-off': 'the channel is off',
  'no-content': 'no content for the channel',
  'no-address': 'no address on the channel',
  suppressed: 'the address is suppressed',
  'channel-denied': 'the user refused the channel',
  'topic-denied': 'the user refused the topic',
  'no-consent': 'no consent was given',
  capped: 'the cap on messages is reached',
  'minimum-gap': 'too soon after the last message',
  'quiet-hours': 'quiet hours',
  'not-before': 'too early for the message',
  expired: 'the message has expired',
  superseded: 'a newer message takes its place',
  duplicate: 'proposed twice',
  'group-exclusive': 'another message of its group was sent',
  'already-sent': 'already sent',
  withheld: 'withheld by an experiment',
  'limit-reached': 'a limit that all users share is reached',
}

const DECIDED: Readonly<Record<DecisionReason, string>> = {
  policy: 'the policy’s choice',
  transactional: 'a transactional message, which is always sent',
  holdout: 'the user is in the holdout',
  'nothing-eligible': 'the rules allow no message',
}

/** The words for every code that people are shown; codes stay beside them in what programs read. */
export const CODE_WORDS: Readonly<Record<string, string>> = { ...NO_ANSWER, ...NO_COVARIATE, ...REFUSED, ...DECIDED }

/** A code in words; one that is not in the table, say of a newer server, is shown with blanks for its dashes. */
export function wordsForCode(code: string): string {
  return Object.hasOwn(CODE_WORDS, code) ? CODE_WORDS[code]! : code.replaceAll('-', ' ')
}
