import type { DecisionRecord, OutcomeRecord, Refusal, SendRecord, TimelineEntry } from '../answers.ts'
import { formatNumber, formatShare, formatTime } from '../format.ts'

/** `the cap on messages is reached (two-a-day) until 2026-03-01 09:30`. */
export function refusalText({ words, rule, until }: Refusal): string {
  return `${words}${rule === undefined ? '' : ` (${rule})`}${until === undefined ? '' : ` until ${formatTime(until)}`}`
}

/** Refusals of all candidates, those alike counted once: `email: the cap on messages is reached (weekly) \u00d7 3`. */
export function refusalSummary(refused: DecisionRecord['refused']): readonly string[] {
  const counts = new Map<string, number>()
  for (const { candidate, refusals } of refused) {
    for (const refusal of refusals) {
      const text = `${candidate.channel}: ${refusalText(refusal)}`
      counts.set(text, (counts.get(text) ?? 0) + 1)
    }
  }
  return [...counts].map(([text, count]) => (count === 1 ? text : `${text} \u00d7 ${count}`))
}

function decisionWords(decision: DecisionRecord): string {
  const action = decision.actions[decision.chosen]
  const odds = `with probability ${formatShare(decision.propensity)}`
  if (action?.kind === 'send') {
    return `Chose ${action.channel} for ${action.opportunityId}, to be sent ${formatTime(action.sendAt)}, ${odds}`
  }
  return `Not sent: held (${decision.reasonWords}), ${odds}`
}

function sendWords({ message, channel, status, error, refusals }: SendRecord): string {
  const why = [...(error === null ? [] : [error]), ...refusals.map(refusalText)]
  return `${message} by ${channel}: ${status}${why.length === 0 ? '' : ` \u2013 ${why.join(', ')}`}`
}

function outcomeWords({ name, isMachine, reachLoss, values }: OutcomeRecord): string {
  const worth = Object.entries(values)
    .filter(([, value]) => value !== 0)
    .map(([objective, value]) => `${objective} ${formatNumber(value)}`)
  const notes = [
    ...worth,
    ...(reachLoss === null ? [] : [`reach lost: ${reachLoss}`]),
    ...(isMachine ? ['made by a machine'] : []),
  ]
  return notes.length === 0 ? name : `${name} (${notes.join(', ')})`
}

/** One sentence for one entry. */
export function entryWords(entry: TimelineEntry): string {
  switch (entry.kind) {
    case 'decision':
      return decisionWords(entry.decision)
    case 'send':
      return sendWords(entry.send)
    case 'outcome':
      return outcomeWords(entry.outcome)
    case 'opportunity':
      return `${entry.opportunity.producer} proposed ${entry.opportunity.message} (${entry.opportunity.status})`
  }
}

/** The decision an entry belongs to, if any. */
export function decisionOf(entry: TimelineEntry): string | null {
  switch (entry.kind) {
    case 'decision':
      return entry.decision.decisionId
    case 'send':
      return entry.send.decisionId
    case 'outcome':
      return entry.outcome.decisionId
    case 'opportunity':
      return null
  }
}
