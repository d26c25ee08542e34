import type { Objective, Opportunity } from '@paloma/core'
import type { ItemError } from './contract.ts'

/** Moments a window may name: 2000-01-01 to 2100-01-01. */
const EARLIEST_MS = Date.UTC(2000, 0, 1)
const LATEST_MS = Date.UTC(2100, 0, 1)

/**
 * What no proposal may hold, whatever way it came in: a window that ends before it begins or lies beyond all calendars,
 * the same channel or variant twice, numbers that are none, claims about what is no objective.
 */
export function proposalFault(item: Opportunity, objectives: readonly Objective[]): ItemError | undefined {
  return (
    windowFault(item) ??
    channelFault(item) ??
    variantFault(item) ??
    claimFault(item) ??
    claimedFault(item, objectives) ??
    featureFault(item)
  )
}

function invalid(pointer: string, said: string): ItemError {
  return { code: 'ITEM_INVALID', detail: `${pointer}: ${said}`, pointer }
}

function windowFault({ window }: Opportunity): ItemError | undefined {
  for (const [name, moment] of Object.entries(window)) {
    if (Number.isInteger(moment) && moment >= EARLIEST_MS && moment <= LATEST_MS) continue
    return invalid(`/window/${name}`, `expected whole milliseconds from 2000 to 2100, got ${moment}`)
  }
  if (window.notBefore < window.expires) return undefined
  return invalid('/window/expires', `expected a moment after window.notBefore, got ${window.expires}`)
}

function channelFault({ channels }: Opportunity): ItemError | undefined {
  if (channels.length === 0) return invalid('/channels', 'expected at least one channel, got none')
  const twice = channels.find((channel, i) => channels.indexOf(channel) < i)
  return twice === undefined
    ? undefined
    : invalid('/channels', `expected every channel at most once, got ${twice} twice`)
}

function variantFault({ variants }: Opportunity): ItemError | undefined {
  if (variants.length === 0) return invalid('/variants', 'expected at least one variant, got none')
  const names = variants.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  return twice === undefined
    ? undefined
    : invalid('/variants', `expected variants with different names, got ${twice} twice`)
}

function claimFault({ claims }: Opportunity): ItemError | undefined {
  for (const [i, { estimate, horizonDays, stdError = 0 }] of claims.entries()) {
    if (!Number.isFinite(estimate)) return invalid(`/claims/${i}/estimate`, `expected a finite number, got ${estimate}`)
    if (!(Number.isFinite(horizonDays) && horizonDays > 0)) {
      return invalid(`/claims/${i}/horizonDays`, `expected a number of days above 0, got ${horizonDays}`)
    }
    if (!(Number.isFinite(stdError) && stdError >= 0)) {
      return invalid(`/claims/${i}/stdError`, `expected a number from 0, got ${stdError}`)
    }
  }
  return undefined
}

/** A claim about what nobody counts, or in other units than it is counted in, would be silently misread. */
function claimedFault({ claims }: Opportunity, objectives: readonly Objective[]): ItemError | undefined {
  for (const [i, { objective, unit }] of claims.entries()) {
    const known = objectives.find(({ name }) => name === objective)
    if (known === undefined) {
      const names = objectives.map(({ name }) => name).join(', ')
      return invalid(`/claims/${i}/objective`, `expected one of the objectives ${names}, got ${objective}`)
    }
    if (unit !== known.unit) return invalid(`/claims/${i}/unit`, `expected ${known.unit}, got ${unit}`)
  }
  return undefined
}

function featureFault({ features, variants }: Opportunity): ItemError | undefined {
  const bags = [
    ['/features', features] as const,
    ...variants.map((variant, i) => [`/variants/${i}/features`, variant.features ?? {}] as const),
  ]
  for (const [pointer, bag] of bags) {
    const bad = Object.entries(bag).find(([, value]) => typeof value === 'number' && !Number.isFinite(value))
    if (bad !== undefined) return invalid(`${pointer}/${bad[0]}`, `expected a finite number, got ${bad[1]}`)
  }
  return undefined
}
