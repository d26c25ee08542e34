import type { ExperimentAnswer } from '../experiment-answers.ts'
import { formatShare, formatTime } from '../format.ts'

const MILLION = 1_000_000
const ORDER: readonly ExperimentAnswer['status'][] = ['running', 'draft', 'stopped']
const DECISIONS = { ship: 'ship', doNotShip: 'do not ship', inconclusive: 'inconclusive', invalid: 'invalid' } as const

/** Running ones first, then drafts, then what is over; by key within. */
export function inOrder(experiments: readonly ExperimentAnswer[]): readonly ExperimentAnswer[] {
  const rank = ({ status }: ExperimentAnswer) => ORDER.indexOf(status)
  return [...experiments].sort((a, b) => rank(a) - rank(b) || (a.design.key < b.design.key ? -1 : 1))
}

/** Millionths as per cent. */
export function shareText(millionths: number): string {
  return formatShare(millionths / MILLION)
}

/** How the experiment stands: `running since 2026-03-01 09:00 UTC, 50 % of its users`. */
export function standing({ status, phases, end }: ExperimentAnswer): string {
  const phase = phases.at(-1)
  if (end !== null) return `stopped ${formatTime(end.at)} UTC: ${decisionText({ end })}`
  const first = phases[0]
  if (phase === undefined || first === undefined) return status
  return `${status} since ${formatTime(first.since)} UTC, ${shareText(phase.traffic)} of its users`
}

/** What was decided at the end, with the reason that was given; empty while it runs. */
export function decisionText({ end }: Pick<ExperimentAnswer, 'end'>): string {
  if (end === null) return ''
  return end.reason === '' ? DECISIONS[end.decision] : `${DECISIONS[end.decision]} (${end.reason})`
}

/** `control 50 %, calm 50 %`, as the current phase has it, else as designed. */
export function splitText({ design, phases }: ExperimentAnswer): string {
  const weights = phases.at(-1)?.weights ?? design.weights
  return design.variants.map(({ name }) => `${name} ${shareText(weights[name] ?? 0)}`).join(', ')
}

/** Whom or what it randomises. */
export function unitText({ design: { unit } }: ExperimentAnswer): string {
  return unit.kind === 'user' ? 'users' : `slots of ${unit.slotMinutes} minutes, all users together`
}
