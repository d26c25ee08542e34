import {
  type EarlyObjective,
  type EpochMs,
  earlyObjectives,
  forgetSendDelays,
  HOUR_MS,
  learnEarly,
  learningAge,
  learnSendDelays,
  noDelays,
  type PolicyState,
} from '@paloma/core'
import type { Config } from '../config/contract.ts'
import type { LearningExample } from '../store/contract.ts'
import type { Notes } from './notes.ts'

interface Span {
  readonly from: EpochMs
  readonly until: EpochMs
  readonly windowMs: number
}

interface Run {
  readonly config: Pick<Config, 'learning'>
  /** Before this run. */
  readonly state: PolicyState
  readonly at: EpochMs
  readonly keep: number
  readonly notes: Notes
  readonly fits: (example: LearningExample) => boolean
  readonly pages: (span: Span) => AsyncIterable<readonly LearningExample[]>
}

interface Learned {
  readonly seen: number
  readonly heads: PolicyState['heads']
  readonly delays: NonNullable<PolicyState['delays']>
  readonly learnedUntil: PolicyState['learnedUntil']
}

/** What sends bring for objectives that ask for it early, each at the age that its delays allow; `pages` leaves out whoever said no. */
export async function learnSendsEarly({
  objectives,
  heads,
  ...run
}: Run & Pick<PolicyState, 'heads'> & Pick<Config, 'objectives'>): Promise<Learned> {
  let learned: Learned = { seen: 0, heads, delays: {}, learnedUntil: {} }
  for (const objective of earlyObjectives(objectives)) learned = await learnOne(run, objective, learned)
  return learned
}

async function learnOne(run: Run, objective: EarlyObjective, before: Learned): Promise<Learned> {
  const { state, keep, notes, fits } = run
  const { name, windowHours } = objective
  let evidence = forgetSendDelays(state.delays?.[name] ?? noDelays(objective), keep)
  const ageBefore = learningAge(objective, evidence)
  let { heads, seen } = before
  // Where nothing was learned early yet, from where the objective itself has learned to.
  const closed = spanOf(run, `delays/${name}`, { name, ageHours: windowHours })
  for await (const page of run.pages(closed)) {
    evidence = learnSendDelays(evidence, objective, page)
    seen += page.length
  }
  const { ageHours, matured, reason } = learningAge(objective, evidence)
  if (reason === 'delays-changed' && ageBefore.reason !== reason)
    notes.say(`outcomes of ${name} no longer take as long as they did: sends are learned of after ${ageHours} h again`)
  // Whatever is old enough counts whole; only the rest is learned of early.
  const whole = spanOf(run, `early/${name}`, { name, ageHours: windowHours })
  const young = { ...spanOf(run, `early/${name}`, { name, ageHours }), from: end(whole) }
  for (const [span, share] of [[whole, 1] as const, [young, matured] as const]) {
    for await (const page of run.pages(span)) {
      const decisions = page.filter(fits)
      heads = learnEarly(heads, objective, { decisions, matured: share })
      seen += decisions.length
    }
  }
  return {
    ...{ seen, heads },
    delays: { ...before.delays, [name]: evidence },
    learnedUntil: { ...before.learnedUntil, [closed.name]: end(closed), [young.name]: end(young) },
  }
}

type NamedSpan = Span & { readonly name: string }

function spanOf(
  { state, at, config }: Run,
  name: string,
  objective: { readonly name: string; readonly ageHours: number },
): NamedSpan {
  const { ageHours } = objective
  const until = at - (ageHours + config.learning.latenessHours) * HOUR_MS
  const from = state.learnedUntil[name] ?? state.learnedUntil[objective.name] ?? 0
  return { name, from, until, windowMs: ageHours * HOUR_MS }
}

function end({ from, until }: Span): EpochMs {
  return Math.max(from, until)
}
