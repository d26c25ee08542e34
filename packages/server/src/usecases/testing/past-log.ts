import {
  type Assignment,
  DAY_MS,
  type Decision,
  HOUR_MS,
  type Outcome,
  opportunityId,
  randomFrom,
  type Scalar,
} from '@paloma/core'
import { exampleDecision, exampleNew, exampleOutcome, exampleProfile } from '../../store/testing/examples.ts'
import type { UsecaseLab } from './usecase-lab.ts'

/** A log in which people come again and again, and buy more or less as they did before. */
export interface PastLog {
  readonly decisions: readonly Decision[]
  readonly outcomes: readonly Outcome[]
}

export interface PastLogOptions {
  /** Midnight of its first day. */
  readonly from: number
  readonly days: number
  readonly people: number
  readonly seed?: string
}

const COMES_A_DAY = 0.08

/** Two of three decisions have something to send; one in ten people is in another group than `paloma`. */
export function pastLog({ from, days, people, seed = 'past' }: PastLogOptions): PastLog {
  const random = randomFrom(seed)
  const tastes = Array.from({ length: people }, () => random() ** 3)
  const decisions: Decision[] = []
  const outcomes: Outcome[] = []
  for (let day = 0; day < days; day += 1) {
    for (const [i, taste] of tastes.entries()) {
      const at = from + day * DAY_MS + Math.floor(random() * 24) * HOUR_MS
      if (random() < COMES_A_DAY) decisions.push(decisionOf(`p-${i}`, { id: `${day}-${i}`, at, draw: random() }))
      if (random() < 0.4 * taste) {
        const revenue = 10 + 40 * taste * random()
        const order = { name: 'Order Completed', at: at + HOUR_MS, properties: { revenue }, values: { conversion: 1 } }
        outcomes.push(exampleOutcome(`o-${day}-${i}`, `p-${i}`, order))
      }
    }
  }
  return { decisions, outcomes }
}

function decisionOf(
  user: string,
  { id, at, draw }: { readonly id: string; readonly at: number; readonly draw: number },
): Decision {
  const group: Assignment = { experiment: 'group', variant: user.endsWith('7') ? 'random' : 'paloma' }
  const traits: Readonly<Record<string, Scalar>> = { city: user.length % 2 === 0 ? 'Ulm' : 'Bonn' }
  const plain = exampleDecision(`d-${id}`, user, { at, assignments: [group], chosen: 0, learning: null })
  const profile = exampleProfile(user, { traits })
  const inputs = { ...plain.inputs, user: { ...plain.inputs.user, profile } }
  if (draw < 2 / 3) return { ...plain, inputs }
  const hold = { actions: [{ kind: 'hold' }], values: {}, prices: [0], scores: [0], scoreVariances: [0] } as const
  const nothing = { ...inputs, opportunityIds: [opportunityId('none')].slice(1), messages: [] }
  return { ...plain, ...hold, probabilities: [1], losses: {}, reason: 'nothing-eligible', inputs: nothing }
}

/** Puts a log into a lab's store; its clock then stands at the end. */
export async function liveThrough(lab: UsecaseLab, { decisions, outcomes }: PastLog, now: number): Promise<void> {
  const users = [...new Set([...decisions, ...outcomes].map(({ userId }) => userId))]
  await lab.store.users.change(users.map((id) => ({ userId: id, update: () => exampleProfile(id) })))
  await lab.store.decisions.insertMany(decisions.map((decision) => exampleNew(decision, { deliver: false })))
  await lab.store.outcomes.insertMany(outcomes)
  lab.clock.set(now)
}
