import { type EpochMs, GROUPS, type Group, PalomaError } from '@paloma/core/domain'
import { createWorld, RETAIL } from '@paloma/core/simulation'
import type { EventInput, OpportunityInput, UserInput } from '@paloma/sdk'
import { type ParallelWorld, parallelWorld, type ReceivedMessage } from './parallel-world.ts'

/** Simulated people and the producers that write to them, seen from outside: through what they say and do. */
export interface Audience {
  readonly startAt: EpochMs
  readonly days: number
  readonly users: readonly UserInput[]
  /** What producers propose on the morning of a day. */
  proposalsOn(day: number): readonly OpportunityInput[]
  /** Lets everybody live through the day with what they received; answers what they did, in order of time. */
  live(day: number, received: readonly ReceivedMessage[]): readonly EventInput[]
}

export interface AudienceOptions {
  /** Each person lives once in every group: a quarter as many people, the last of them perhaps not in all. */
  readonly users: number
  readonly days: number
  readonly seed: number
  /** Which group the assignment gives to a user. */
  readonly groupOf: (userId: string) => Group
  /** The other groups are other people than Paloma's, as in a real shop. */
  readonly strangers: boolean
}

/** The demo's first morning: a Monday; the clocks change a week later in America, four weeks later in Europe. */
export const START_AT: EpochMs = Date.UTC(2026, 2, 2)

/** How far the seeds of strangers lie from each other. */
const STRANGERS_APART = 1_000_003

/** A group with a quarter of the users is missed by so many names once in 10^125 people. */
const MOST_NAMES = 1_000

/**
 * Draws the audience; the same options give the same people and the same chance. Every person lives in one world per group, with
 * the same character and the same luck, so that groups differ by nothing but what was sent; or, among strangers, in one alone.
 */
export function createAudience(options: AudienceOptions): Audience {
  const worlds = GROUPS.map((group) => worldOf(group, options)).filter((each) => each !== undefined)
  const homes = new Map(worlds.flatMap((each) => each.users.map(({ userId }) => [userId, each] as const)))
  return {
    startAt: START_AT,
    days: options.days,
    users: worlds.flatMap(({ users }) => users),
    proposalsOn: (day) => worlds.flatMap((each) => each.proposalsOn(day)),
    live(day, received) {
      for (const message of inOrder(received)) homes.get(message.userId)!.deliver(message)
      return worlds.flatMap((each) => each.closeDay(day)).sort(byTime)
    },
  }
}

function worldOf(group: Group, { users, days, seed, groupOf, strangers }: AudienceOptions): ParallelWorld | undefined {
  const nth = GROUPS.indexOf(group)
  const people = Math.ceil((users - nth) / GROUPS.length)
  if (people < 1) return undefined
  const own = strangers ? seed + nth * STRANGERS_APART : seed
  const world = createWorld({ scenario: RETAIL, users: people, days, seed: own, startAt: START_AT })
  return parallelWorld(world, { userIdOf: (person) => userIdIn(group, person, groupOf), isOnly: strangers })
}

/** The first of a person's names that the assignment puts into the group: `u000123.0`, `u000123.1` and so on. */
function userIdIn(group: Group, person: string, groupOf: AudienceOptions['groupOf']): string {
  for (let nth = 0; nth < MOST_NAMES; nth += 1) {
    const userId = `${person}.${nth}`
    if (groupOf(userId) === group) return userId
  }
  throw new PalomaError('DEMO_EMPTY_GROUP', `the share of ${group} must be large enough for a quarter of the users`)
}

function inOrder(received: readonly ReceivedMessage[]): readonly ReceivedMessage[] {
  return [...received].sort((a, b) => a.at - b.at || (a.sendId < b.sendId ? -1 : 1))
}

function byTime(a: EventInput, b: EventInput): number {
  const [first, second] = [String(a.timestamp), String(b.timestamp)]
  if (first !== second) return first < second ? -1 : 1
  return String(a.messageId) < String(b.messageId) ? -1 : 1
}
