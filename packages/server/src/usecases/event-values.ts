import type { Scalar } from '@paloma/core'
import type { Config } from '../config/contract.ts'
import { shown } from '../config/issues.ts'
import type { IncomingEvent, ItemError } from './contract.ts'

/** Larger amounts are mistakes of units, and one of them would drown everything learned. */
const MAX_VALUE = 1e9

/** The property that an event has of its own; names such as `constructor` are no exception. */
export function own<T>(bag: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(bag, name) ? bag[name] : undefined
}

/** By objective, what an event counts for; an objective whose property the event lacks gets nothing. */
export function valuesOf(
  config: Config,
  name: string,
  properties: Readonly<Record<string, Scalar>>,
): Record<string, number> {
  const values: Record<string, number> = {}
  for (const objective of config.objectives) {
    if (!objective.events.includes(name)) continue
    const raw = objective.valueProperty === undefined ? 1 : own(properties, objective.valueProperty)
    if (typeof raw === 'number' && Number.isFinite(raw)) values[objective.name] = raw
  }
  return values
}

/** Why an event cannot count: a property that an objective sums is there and is no plausible number. */
export function valueFault(config: Config, name: string, { properties }: IncomingEvent): ItemError | undefined {
  for (const { events, valueProperty } of config.objectives) {
    if (valueProperty === undefined || !events.includes(name)) continue
    const raw = own(properties, valueProperty)
    if (raw === undefined || raw === null || isPlausible(raw)) continue
    const pointer = `/properties/${valueProperty}`
    const detail = `${pointer}: expected a number from ${-MAX_VALUE} to ${MAX_VALUE}, got ${shown(raw)}`
    return { code: 'ITEM_INVALID', detail, pointer }
  }
  return undefined
}

function isPlausible(raw: unknown): boolean {
  return typeof raw === 'number' && Math.abs(raw) <= MAX_VALUE
}
