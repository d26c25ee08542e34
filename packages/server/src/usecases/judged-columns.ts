import type { Channel, EvaluationLog, Objective } from '@paloma/core'
import type { ActionIdentity } from './action-identities.ts'
import { type ChannelUse, LOST_COLUMN, SENDS_COLUMN, type UnsupportedShare } from './contract.ts'
import { type JudgedDecision, type JudgedLog, KNOWN_WIDTH } from './judged-decisions.ts'

/** Judged decisions as the columns that estimators read. */
export function evaluationLogOf(
  { decisions, book }: Pick<JudgedLog, 'decisions' | 'book'>,
  objectives: readonly Pick<Objective, 'name'>[],
): EvaluationLog {
  const offsets = new Float64Array(decisions.length + 1)
  decisions.forEach(({ actions }, i) => {
    offsets[i + 1] = offsets[i]! + actions.length
  })
  const byDecision = (of: (each: JudgedDecision) => number): Float64Array => Float64Array.from(decisions, of)
  const byAction = (of: (each: JudgedDecision) => readonly number[]): Float64Array => filled(offsets, decisions.map(of))
  const reward = (place: number): Float64Array => byDecision(({ rewards }) => rewards[place]!)
  const isSend = ({ kind }: ActionIdentity): boolean => kind === 'now'
  const sends = book.all.map((identity) => (isSend(identity) ? 1 : 0))
  return {
    offsets,
    chosen: byDecision(({ chosen }) => chosen),
    propensities: byDecision(({ logged, chosen }) => logged[chosen]!),
    targetPolicy: byAction(({ candidate }) => candidate),
    loggingPolicy: byAction(({ logged }) => logged),
    users: numbered(decisions.map(({ userId }) => userId)).indices,
    rewards: [
      ...objectives.map(({ name }, k) => ({ name, values: reward(k) })),
      { name: LOST_COLUMN, values: reward(objectives.length) },
      {
        name: SENDS_COLUMN,
        values: byDecision(({ actions, chosen }) => sends[actions[chosen]!]!),
        predictions: byAction(({ actions }) => actions.map((action) => sends[action]!)),
      },
    ],
    identities: { indices: byAction(({ actions }) => actions), names: book.all.map(({ name }) => name) },
    segments: numbered(decisions.map(({ policy }) => policy)),
    context: { width: KNOWN_WIDTH, values: Float64Array.from(decisions.flatMap(({ known }) => known)) },
  }
}

function filled(offsets: Float64Array, rows: readonly (readonly number[])[]): Float64Array {
  const column = new Float64Array(offsets[offsets.length - 1]!)
  rows.forEach((row, i) => {
    column.set(row, offsets[i]!)
  })
  return column
}

/** Each name by a number, those that come first before the others. */
function numbered(all: readonly string[]): { readonly indices: Float64Array; readonly names: readonly string[] } {
  const places = new Map<string, number>()
  const indices = Float64Array.from(all, (name) => {
    const known = places.get(name) ?? places.size
    places.set(name, known)
    return known
  })
  return { indices, names: [...places.keys()] }
}

/** Expected sends and plans per user under both configurations, decision by decision as they were met; exact. */
export function channelUses({ decisions, book }: Pick<JudgedLog, 'decisions' | 'book'>): readonly ChannelUse[] {
  const users = new Set(decisions.map(({ userId }) => userId)).size
  const sums = new Map<string, { channel: Channel; when: 'now' | 'later'; logged: number; candidate: number }>()
  for (const { actions, logged, candidate } of decisions) {
    for (const [i, action] of actions.entries()) {
      const { channel, kind } = book.all[action]!
      if (channel === null || kind === 'hold') continue
      const key = `${kind} ${channel}`
      const sum = sums.get(key) ?? { channel, when: kind, logged: 0, candidate: 0 }
      sum.logged += logged[i]!
      sum.candidate += candidate[i]!
      sums.set(key, sum)
    }
  }
  return [...sums.values()]
    .map((use) => ({ ...use, logged: use.logged / users, candidate: use.candidate / users }))
    .sort((a, b) => b.when.localeCompare(a.when) || a.channel.localeCompare(b.channel))
}

/** Largest share first. */
export function unsupportedShares({
  decisions,
  book,
}: Pick<JudgedLog, 'decisions' | 'book'>): readonly UnsupportedShare[] {
  const sums = new Map<string, UnsupportedShare>()
  for (const { unsupported } of decisions) {
    for (const { action, probability, cause, reason, rule } of unsupported) {
      const { channel } = book.all[action]!
      const key = JSON.stringify([cause, reason, rule, channel])
      const share = (sums.get(key)?.share ?? 0) + probability / decisions.length
      sums.set(key, { cause, reason, rule, channel, share })
    }
  }
  return [...sums.values()].sort((a, b) => b.share - a.share)
}
