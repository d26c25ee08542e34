import {
  type EpochMs,
  HOUR_MS,
  type MessageEvidence,
  type MessageSettings,
  type Objective,
  type VariantEvidence,
} from '../domain/index.ts'
import { messageTraits } from './believed-rewards.ts'
import { ANSWER_EDGES_HOURS } from './message-counts.ts'
import { compareForecasts, openForecast } from './message-forecasts.ts'
import { forgetTraces, learnTraces, noTraceEvidence, traceEdgesHours } from './objective-traces.ts'
import type { MaturedDecision } from './policy-state.ts'

/** Nothing known of any message. */
export const NO_EVIDENCE: MessageEvidence = { variants: {}, delays: ANSWER_EDGES_HOURS.map(() => 0) }

/** One look at every decision, once it has a certain age. */
export interface MessagePass {
  /** Under which a state keeps until when it has looked. */
  readonly name: string
  readonly ageHours: number
}

/** What the owner asks to be learned of messages, and the objectives that it is learned for. */
export interface MessageTargets {
  readonly settings: MessageSettings
  readonly objectives: readonly Objective[]
}

function believed({ settings, objectives }: MessageTargets): readonly Objective[] {
  return objectives.filter(({ name }) => settings.beliefs.includes(name))
}

/** Ages at which decisions are looked at for what they say of single messages, youngest first. */
export function messagePasses(targets: MessageTargets): readonly MessagePass[] {
  const edges = new Set([0, ...ANSWER_EDGES_HOURS, ...believed(targets).flatMap(traceEdgesHours)])
  return [...edges].sort((a, b) => a - b).map(passAt)
}

function passAt(ageHours: number): MessagePass {
  return { name: `messages/${ageHours}h`, ageHours }
}

/** Folds decisions that have come of the age of a pass, with their outcomes up to it, into what is known of messages. */
export function learnMessages(
  evidence: MessageEvidence,
  { pass, targets }: { readonly pass: MessagePass; readonly targets: MessageTargets },
  decisions: readonly MaturedDecision[],
): MessageEvidence {
  const { ageHours } = pass
  const isAnswerEdge = ageHours === 0 || ANSWER_EDGES_HOURS.includes(ageHours)
  const counted = isAnswerEdge ? learnVariants(evidence, pass, decisions) : evidence
  const objectives = believed(targets)
  if (objectives.length === 0) return counted
  const traces = objectives.map((objective) => {
    const known = counted.objectives?.[objective.name] ?? noTraceEvidence(objective)
    return [objective.name, learnTraces(known, decisions, { objective, ageHours })]
  })
  return { ...counted, objectives: Object.fromEntries(traces) }
}

/** Writes down forecasts and compares those whose cohorts have come of age, once every pass has looked until `untilOf`. */
export function judgeForecasts(
  evidence: MessageEvidence,
  { settings }: Pick<MessageTargets, 'settings'>,
  { at, untilOf }: { readonly at: EpochMs; readonly untilOf: (pass: string) => EpochMs },
): MessageEvidence {
  if (evidence.objectives === undefined) return evidence
  const objectives = Object.entries(evidence.objectives).map(([name, known]) => {
    const compared = compareForecasts(known, (edgeHours) => untilOf(passAt(edgeHours).name))
    return [name, openForecast(compared, at, messageTraits(settings))]
  })
  return { ...evidence, objectives: Object.fromEntries(objectives) }
}

function learnVariants(
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
  const delays = looked.map(({ decision }) => binOf(firstAnswerHours(decision)))
  return {
    ...evidence,
    variants,
    delays: evidence.delays.map((count, j) => count + delays.filter((bin) => bin === j).length),
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
  const { objectives } = evidence
  const traces =
    objectives === undefined ? {} : { objectives: eachOf(objectives, (known) => forgetTraces(known, keep)) }
  return { variants: Object.fromEntries(variants), delays: faded(evidence.delays), ...traces }
}

function eachOf<T>(bag: Readonly<Record<string, T>>, change: (value: T) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(bag).map(([name, value]) => [name, change(value)]))
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
