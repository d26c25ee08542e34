import {
  assertNever,
  type DualPrice,
  type EpochMs,
  effectUnitOf,
  type Objective,
  type PriceTarget,
} from '../domain/index.ts'

/** What was counted between two moments, of the users whom Paloma decides for. */
export interface TargetUse {
  readonly users: number
  readonly days: number
  readonly sends: number
  /** Reach lost. */
  readonly losses: number
  /** Σ `pricePerSend` of the sends. */
  readonly spend: number
}

/** Of ln(measured / target), what is added to ln(1 + price / unit) a day, and at once. */
const INTEGRAL_PER_DAY = 0.15
const PROPORTIONAL = 0.3
/** One interval cannot move the price by more than as if it had been e times the target, or 1 / e. */
const MOST_ERROR = 1
/** A server that slept counts no more days than this at once. */
const MOST_DAYS = 3
/** Prices end at 1,000 units: no effect is that large, so beyond it a price changes nothing but how long it takes to fall again. */
const MOST_LEVEL = Math.log1p(1_000)
/** Few events say little: the ratio is drawn to 1 as if so many more had been on target. */
const POOLED_EVENTS = 4
/** A send loses somebody about so often: what a price per loss is measured by. */
const USUAL_LOSS = 0.005

/** Errors beyond this on one side and then on the other are a swing: prices there move sends more than was thought. */
const SWING = 0.1
/** Standard errors of a count beyond which an error is no chance. */
const SURE = 2
const CALMER = 0.5
/** Errors that stay on one side say that prices move too slowly. */
const BOLDER = 1.2
const LEAST_GAIN = 1 / 64

/** Before anything was counted. */
const FIRST: DualPrice = { price: 0, level: 0, gain: 1, error: 0, measured: null, until: 0, atLimit: false }

/**
 * The next price of a target by a proportional-integral controller on ln(measured / target): price = unit · (e^z − 1), z = level +
 * proportional part, which adds near 0 and multiplies far from it (dual descent with pacing: Balseiro, Lu & Mirrokni 2020, arXiv 2011.10124; control against
 * windup: Åström & Hägglund 1995, §3.5). The level stays within what prices can do, so that it never winds up, and the gain halves when
 * the measure swings about its target. Assumes that fewer are sent at a higher price, and that a day shows it. Where nothing could be counted the price
 * stays. Throws a RangeError for counts that cannot be.
 */
export function nextDualPrice(
  before: DualPrice = FIRST,
  {
    target,
    use,
    unit,
    at,
  }: { readonly target: PriceTarget; readonly use: TargetUse; readonly unit: number; readonly at: EpochMs },
): DualPrice {
  checkUse(use)
  const { measured, allowedEvents } = measureOf(target, use)
  if (measured === null) return { ...before, measured, until: at }
  const ratio = ((measured / target.atMost) * allowedEvents + POOLED_EVENTS) / (allowedEvents + POOLED_EVENTS)
  const error = within(Math.log(ratio), -MOST_ERROR, MOST_ERROR)
  const gain = gainAfter(before, error, Math.max(SWING, SURE / Math.sqrt(allowedEvents)))
  const days = Math.min(use.days, MOST_DAYS)
  const level = within(before.level + gain * INTEGRAL_PER_DAY * days * error, 0, MOST_LEVEL)
  const z = within(level + gain * PROPORTIONAL * error, 0, MOST_LEVEL)
  return { price: unit * Math.expm1(z), level, gain, error, measured, until: at, atLimit: z === MOST_LEVEL }
}

/** Errors that may be chance leave the gain as it is. */
function gainAfter(before: DualPrice, error: number, threshold: number): number {
  if (Math.min(Math.abs(before.error), Math.abs(error)) < threshold) return before.gain
  const isSwing = Math.sign(before.error) !== Math.sign(error)
  return within(before.gain * (isSwing ? CALMER : BOLDER), LEAST_GAIN, 1)
}

function within(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value))
}

function checkUse(use: TargetUse): void {
  for (const [name, value] of Object.entries(use)) {
    if (!(value >= 0 && value < Infinity)) throw new RangeError(`use.${name} must be a finite number ≥ 0, got ${value}`)
  }
}

/** What was counted in the target's unit, and how many events the target would have allowed in that time. */
function measureOf(
  { measure, atMost }: PriceTarget,
  { users, days, sends, losses, spend }: TargetUse,
): { readonly measured: number | null; readonly allowedEvents: number } {
  const NOTHING = { measured: null, allowedEvents: 0 }
  switch (measure) {
    case 'sendsPerUserWeek': {
      const userWeeks = (users * days) / 7
      return userWeeks === 0 ? NOTHING : { measured: sends / userWeeks, allowedEvents: atMost * userWeeks }
    }
    case 'lossesPerThousandSends':
      return sends === 0 ? NOTHING : { measured: (1_000 * losses) / sends, allowedEvents: (atMost * sends) / 1_000 }
    case 'spendPerDay': {
      if (days === 0) return NOTHING
      const perSend = sends === 0 ? 0 : spend / sends
      return { measured: spend / days, allowedEvents: perSend === 0 ? 1 : (atMost * days) / perSend }
    }
    default:
      return assertNever(measure)
  }
}

/**
 * The size of scores, which prices are measured by: what a send usually changes over all objectives, on the common scale, as the owner
 * believes. Off by a factor f it costs the controller about ln f / .15 days at an error of e.
 */
export function priceUnitOf({ measure }: Pick<PriceTarget, 'measure'>, objectives: readonly Objective[]): number {
  if (measure === 'spendPerDay') return 1
  const perSend = objectives.reduce((sum, each) => sum + Math.abs(each.weight) * sizeOf(each), 0)
  return measure === 'lossesPerThousandSends' ? perSend / USUAL_LOSS : perSend
}

/** What one send usually changes of an objective, in its unit. */
function sizeOf(objective: Objective): number {
  return objective.model === 'hazard' ? USUAL_LOSS * Math.abs(objective.scale ?? 1) : effectUnitOf(objective)
}

/** What is added to the price of a send through a channel: per send, and per expected loss. */
export interface TargetPrices {
  readonly perSend: number
  readonly perLoss: number
}

/** Sums the prices of all targets that concern a channel, whose sends cost `pricePerSend` each. */
export function targetPricesOf(
  targets: readonly PriceTarget[],
  prices: Readonly<Record<string, DualPrice>>,
  { channel, pricePerSend }: { readonly channel: string; readonly pricePerSend: number },
): TargetPrices {
  let [perSend, perLoss] = [0, 0]
  for (const target of targets) {
    if (target.channel !== undefined && target.channel !== channel) continue
    const price = Object.hasOwn(prices, target.name) ? prices[target.name]!.price : 0
    if (target.measure === 'lossesPerThousandSends') perLoss += price
    else perSend += target.measure === 'spendPerDay' ? price * pricePerSend : price
  }
  return { perSend, perLoss }
}
