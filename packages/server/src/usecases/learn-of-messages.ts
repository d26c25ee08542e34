import {
  type EpochMs,
  forgetMessages,
  HOUR_MS,
  horizonOf,
  judgeForecasts,
  learnMessages,
  type MessageEvidence,
  MINUTE_MS,
  messagePasses,
  NO_EVIDENCE,
  type PolicyState,
} from '@paloma/core'
import type { Config } from '../config/contract.ts'
import type { LearningExample } from '../store/contract.ts'
import type { Notes } from './notes.ts'
import { startOf } from './state-begun.ts'

/** Decisions take a moment from being made to being stored; younger ones than this are not counted yet. */
const SETTLED_MS: EpochMs = MINUTE_MS

/** What a run of the learner found out of single messages. */
export interface LearnedOfMessages {
  /** How many decisions, each once for every age it came of. */
  readonly seen: number
  readonly learned: Pick<PolicyState, 'messages'>
  readonly learnedUntil: PolicyState['learnedUntil']
}

interface Span {
  readonly from: EpochMs
  readonly until: EpochMs
  readonly windowMs: number
}

/** What single messages have brought, age by age; nothing where the owner does not ask for it. `pages` leaves out whoever said no. */
export async function learnOfMessages(options: {
  readonly config: Config
  readonly state: PolicyState
  readonly at: EpochMs
  readonly keep: number
  readonly notes: Notes
  readonly pages: (span: Span) => AsyncIterable<readonly LearningExample[]>
}): Promise<LearnedOfMessages> {
  const { config, state, at, keep, notes } = options
  if (config.messages === null) return { seen: 0, learned: {}, learnedUntil: {} }
  const targets = { settings: config.messages, objectives: config.objectives }
  const learnedUntil: Record<string, EpochMs> = {}
  let messages = forgetMessages(state.messages ?? NO_EVIDENCE, keep)
  let seen = 0
  for (const pass of messagePasses(targets)) {
    const windowMs = pass.ageHours * HOUR_MS
    const until = at - windowMs - (windowMs === 0 ? SETTLED_MS : config.learning.latenessHours * HOUR_MS)
    const from = state.learnedUntil[pass.name] ?? startOf(state)
    for await (const page of options.pages({ from, until, windowMs })) {
      const telling = page.filter(({ learning }) => learning.messages !== undefined)
      messages = learnMessages(messages, { pass, targets }, telling)
      seen += telling.length
    }
    learnedUntil[pass.name] = Math.max(from, until)
  }
  const judged = judgeForecasts(messages, targets, { at, untilOf: (pass) => learnedUntil[pass] ?? 0 })
  if (seen > 0) tellHorizons(state.messages, judged, notes)
  return { seen, learned: { messages: judged }, learnedUntil }
}

/** Says when forecasts of an objective's rewards are no longer believed that far. */
function tellHorizons(before: MessageEvidence | undefined, after: MessageEvidence, notes: Notes): void {
  for (const [name, evidence] of Object.entries(after.objectives ?? {})) {
    const known = before?.objectives?.[name]
    const { horizonHours, trust, givenUp } = horizonOf(evidence)
    const last = known === undefined ? null : horizonOf(known)
    if (givenUp.length === 0 || givenUp.length === last?.givenUp.length) continue
    const why = givenUp.map((each) => `${each.horizonHours} h: ${each.reason}`).join(', ')
    const seenOnly = `only what ${horizonHours} h have shown is believed`
    const now = trust === 'observed' ? seenOnly : `it is forecast for ${horizonHours} h`
    notes.say(`early signals of ${name} no longer predict (${why}); ${now}`)
  }
}
