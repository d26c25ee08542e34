import { HOUR_MS, type MessageEvidence, type VariantEvidence } from '../domain/index.ts'
import { ANSWER_EDGES_HOURS } from './message-counts.ts'
import type { MaturedDecision } from './policy-state.ts'

/** Nothing known of any message. */
export const NO_EVIDENCE: MessageEvidence = { variants: {}, delays: ANSWER_EDGES_HOURS.map(() => 0) }

/** One look at every decision, once it has a certain age. */
export interface MessagePass {
  /** Under which a state keeps until when it has looked. */
  readonly name: string
  readonly ageHours: number
}

/** Ages at which decisions are looked at for what they say of single messages, youngest first. */
export function messagePasses(): readonly MessagePass[] {
  return [0, ...ANSWER_EDGES_HOURS].map((ageHours) => ({ name: `messages/${ageHours}h`, ageHours }))
}

/** Folds decisions that have come of the age of a pass, with their outcomes up to it, into what is known of messages. */
export function learnMessages(
  evidence: MessageEvidence,
  pass: MessagePass,
  decisions: readonly MaturedDecision[],
): MessageEvidence {
  const looked = decisions.flatMap((decision) => {
    const sent = decision.learning.messages?.sent
    return sent === undefined || sent === null ? [] : [{ sent, decision }]
  })
  const variants: Record<string, MessageEvidence['variants'][string]> = { ...evidence.variants }
  for (const { sent, decision } of looked) {
    const message = variants[sent.message] ?? {}
    const next = withSend(message[sent.variant] ?? NO_SENDS, pass, firstAnswerHours(decision))
    variants[sent.message] = { ...message, [sent.variant]: next }
  }
  if (pass.ageHours !== ANSWER_EDGES_HOURS.at(-1)) return { ...evidence, variants }
  const delays = looked.map(({ decision }) => firstAnswerHours(decision))
  return {
    ...evidence,
    variants,
    delays: evidence.delays.map((count, j) => count + delays.filter((delay) => binOf(delay) === j).length),
  }
}

/** Counts times `keep`, as heads forget; what was sent stays sent. */
export function forgetMessages(evidence: MessageEvidence, keep: number): MessageEvidence {
  if (keep === 1) return evidence
  const faded = (column: readonly number[]): readonly number[] => column.map((count) => keep * count)
  const variants = Object.entries(evidence.variants).map(([message, known]) => [
    message,
    Object.fromEntries(
      Object.entries(known).map(([name, { sends, users, answers }]) => {
        return [name, { sends, users: faded(users), answers: faded(answers) }]
      }),
    ),
  ])
  return { ...evidence, variants: Object.fromEntries(variants), delays: faded(evidence.delays) }
}

const NO_SENDS: VariantEvidence = {
  sends: 0,
  users: ANSWER_EDGES_HOURS.map(() => 0),
  answers: ANSWER_EDGES_HOURS.map(() => 0),
}

function withSend(known: VariantEvidence, { ageHours }: MessagePass, delayHours: number | null): VariantEvidence {
  if (ageHours === 0) return { ...known, sends: known.sends + 1 }
  const bin = ANSWER_EDGES_HOURS.indexOf(ageHours)
  const plus = (column: readonly number[], more: number): readonly number[] =>
    column.map((count, j) => (j === bin ? count + more : count))
  return {
    ...known,
    users: plus(known.users, 1),
    answers: plus(known.answers, binOf(delayHours) === bin ? 1 : 0),
  }
}

/** How long the first answer to a send took; null without one. */
function firstAnswerHours({ at, outcomes }: MaturedDecision): number | null {
  const answers = outcomes.filter(({ isOwn, isResponse }) => isOwn === true && isResponse === true)
  return answers.length === 0 ? null : (Math.min(...answers.map((answer) => answer.at)) - at) / HOUR_MS
}

function binOf(delayHours: number | null): number {
  return delayHours === null ? -1 : ANSWER_EDGES_HOURS.findIndex((edge) => delayHours < edge)
}
