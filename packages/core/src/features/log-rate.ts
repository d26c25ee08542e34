/** Rates may lie so far above or below what is usual, on a log scale. */
const RATE_CLIP = 3

/** ln of a rate over what it usually is, from a count that starts as if `usual` had been seen on a few trials. */
export function logRate(
  count: number,
  trials: number,
  usual: { readonly rate: number; readonly trials: number },
): number {
  const rate = (count + usual.rate * usual.trials) / (trials + usual.trials)
  return Math.max(-RATE_CLIP, Math.min(RATE_CLIP, Math.log(rate / usual.rate)))
}
/** One message in ten is answered, one day in five brings a visit: where rates start, as if seen so often. */
export const USUAL_RESPONSE = { rate: 0.1, trials: 5 }
export const USUAL_VISIT = { rate: 0.2, trials: 5 }
