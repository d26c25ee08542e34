import { type Action, chosenAction, type Decision, decide, decisionId, type Snapshot } from '@paloma/core'
import { DAY_MS, type EpochMs, type Opportunity, type Outcome } from '@paloma/core/domain'
import type { World, WorldEvent } from '@paloma/core/simulation'
import { drawFor, outcomeOf } from '../../../usecases/index.ts'
import { LOG_CONFIG, type LogPolicy, logSnapshot } from './log-config.ts'
import { type LogPerson, logPerson } from './log-person.ts'

/** What a day left in the log, by time. */
export interface LoggedDay {
  readonly decisions: readonly Decision[]
  readonly outcomes: readonly Outcome[]
}

const MORNING_HOUR = 9

interface Desk {
  readonly world: World
  readonly snapshot: Snapshot
  readonly people: readonly LogPerson[]
  readonly decisions: Decision[][]
  readonly outcomes: Outcome[][]
}

function keep<T extends { readonly at: EpochMs }>(desk: Desk, days: T[][], record: T): void {
  const day = Math.floor((record.at - desk.world.options.startAt) / DAY_MS)
  days[day]?.push(record)
}

/** An event of the world as a server keeps it; the send it follows from is known where the event names a decision. */
function toOutcome(
  world: World,
  { userIndex, at, name, messageId, decisionId: cause, properties }: WorldEvent,
): Outcome {
  const named = cause === undefined ? properties : { ...properties, decisionId: cause }
  const user = world.users[userIndex]!.userId
  const event = { type: 'track', messageId, userId: user, name, timestamp: at, properties: named } as const
  return outcomeOf(LOG_CONFIG, { ...event, traits: {}, context: {} }, at)
}

function hear(desk: Desk, events: readonly WorldEvent[]): void {
  for (const event of events) {
    const outcome = toOutcome(desk.world, event)
    keep(desk, desk.outcomes, outcome)
    desk.people[event.userIndex]!.hear(outcome)
  }
}

type Send = Extract<Action, { readonly kind: 'send' }>

function deliver(desk: Desk, userIndex: number, sent: { decision: Decision; action: Send; offer: Opportunity }): void {
  const { decision, action, offer } = sent
  const { id: opportunityId, message, category, topic } = offer
  const { channel, variant, sendAt: at } = action
  desk.people[userIndex]!.sent({ at, channel, category, message, topic, opportunityId })
  const send = { userIndex, channel, message, variant, opportunityId, decisionId: decision.decisionId, at, category }
  hear(desk, desk.world.deliver(send))
}

interface Question {
  readonly userIndex: number
  readonly name: string
  readonly now: EpochMs
  readonly trigger: Decision['trigger']
  readonly offers: readonly Opportunity[]
}

/** Decides for one user; what is due now goes out, and what is planned is decided again when due. */
function ask(desk: Desk, { userIndex, name, now, trigger, offers }: Question): void {
  if (offers.length === 0) return
  const { snapshot, people } = desk
  const id = decisionId(name)
  const request = { decisionId: id, user: people[userIndex]!.stateAt(now), opportunities: offers, context: {}, trigger }
  const decision = decide(snapshot, request, { now, random: drawFor(id, snapshot) })
  keep(desk, desk.decisions, decision)
  const action = chosenAction(decision)
  if (action.kind === 'hold') return
  const offer = offers.find((open) => open.id === action.opportunityId)!
  if (action.sendAt <= now) deliver(desk, userIndex, { decision, action, offer })
  else if (trigger === 'request') {
    const open = people[userIndex]!.openAt(action.sendAt)
    ask(desk, { userIndex, name: `${name}.due`, now: action.sendAt, trigger: 'planned', offers: open })
  }
}

function liveDay(desk: Desk, day: number): void {
  const { world, people } = desk
  const orders: Opportunity[] = []
  for (const opportunity of world.opportunitiesOn(day)) {
    if (opportunity.category === 'transactional') orders.push(opportunity)
    else people[Number(opportunity.userId.slice(1))]!.propose(opportunity)
  }
  for (const order of orders) {
    const userIndex = Number(order.userId.slice(1))
    const now = Math.max(order.window.notBefore, world.momentAt(userIndex, day, MORNING_HOUR))
    ask(desk, { userIndex, name: `${order.userId}.d${day}.order`, now, trigger: 'request', offers: [order] })
  }
  for (const [userIndex, person] of people.entries()) {
    const now = world.momentAt(userIndex, day, MORNING_HOUR)
    const name = `${world.users[userIndex]!.userId}.d${day}`
    ask(desk, { userIndex, name, now, trigger: 'request', offers: person.openAt(now) })
  }
  hear(desk, world.closeDay(day))
}

function taken<T extends { readonly at: EpochMs }>(days: T[][], day: number): readonly T[] {
  const records = days[day]!.sort((a, b) => a.at - b.at)
  days[day] = []
  return records
}

/**
 * Lets the product's own `decide` run a fresh world under one policy, and gives what a server would have logged, day by
 * day: whole decisions with their propensities, and outcomes. The same world and policy give the same records.
 */
export function* liveLog(world: World, policy: LogPolicy): Generator<LoggedDay, void> {
  const { startAt, days } = world.options
  const lists = <T>(): T[][] => Array.from({ length: days }, () => [])
  const people = world.users.map((user) => logPerson(user, startAt))
  const desk: Desk = { world, people, snapshot: logSnapshot(policy, startAt), decisions: lists(), outcomes: lists() }
  for (let day = 0; day < days; day += 1) {
    liveDay(desk, day)
    yield { decisions: taken(desk.decisions, day), outcomes: taken(desk.outcomes, day) }
  }
}
