import { type EpochMs, type ExperimentUnit, MINUTE_MS, type Scalar } from '../domain/index.ts'

/** A slot of time in a switchback experiment. */
export interface Slot {
  /** Counted from the epoch, the same on every machine. */
  readonly number: number
  readonly since: EpochMs
}

type Switchback = Extract<ExperimentUnit, { readonly kind: 'switchback' }>

/** Stands between names where stores list them. */
const SEPARATOR = '\u001f'

/** The cluster whose slots a user is in: undefined where all users share them, null for who has none. */
export function clusterOf(
  { clusterTrait }: Switchback,
  traits: Readonly<Record<string, Scalar>>,
): string | null | undefined {
  if (clusterTrait === undefined) return undefined
  const name = Object.hasOwn(traits, clusterTrait) ? String(traits[clusterTrait]).replaceAll(SEPARATOR, ' ') : ''
  return name === '' ? null : name
}

/** The slot a moment lies in. */
export function slotAt({ slotMinutes }: Switchback, now: EpochMs): Slot {
  const length = slotMinutes * MINUTE_MS
  const number = Math.floor(now / length)
  return { number, since: number * length }
}

/**
 * Whether what happens now may still be an effect of the slot before: its variant differed and the washout is not over.
 * Assumes that an effect carries over no longer than the washout (Bojinov, Simchi-Levi & Zhao 2023, order of carryover).
 */
export function isWashout(
  { washoutMinutes }: Switchback,
  slot: Slot,
  { now, hasChanged }: { readonly now: EpochMs; readonly hasChanged: boolean },
): boolean {
  return hasChanged && now - slot.since < washoutMinutes * MINUTE_MS
}
