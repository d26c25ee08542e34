import { PalomaError } from '../domain/index.ts'
import { type ContextualBandit, createBandit } from './contextual-bandit.ts'

const VERSION = 1
// version, actions, features, waves, prior mean of rewards, prior noise
const HEADER = 6

/** Everything that was learned, in a fixed order; actions never tried have no covariance yet. */
function learnedArrays(bandit: ContextualBandit): readonly Float64Array[] {
  const { running, tried, weights, plainWeights, spreads } = bandit
  return [running, tried, weights, plainWeights, spreads, ...triedCovariances(bandit)]
}

function triedCovariances({ tried, covariances, plainCovariances }: ContextualBandit): readonly Float64Array[] {
  return [...covariances, ...plainCovariances].filter((_, k) => tried[k % tried.length]! > 0)
}

/** A learner as little-endian float64, every bit kept: what it learns and decides afterwards is bit for bit the same. */
export function banditToBytes(bandit: ContextualBandit): Uint8Array {
  const { actions, features, waves, prior } = bandit
  const header = Float64Array.of(VERSION, actions, features, waves.count, prior.rewardMean, prior.noiseSd)
  const parts = [header, ...learnedArrays(bandit)]
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + 8 * part.length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const part of parts) {
    for (let i = 0; i < part.length; i++, at += 8) view.setFloat64(at, part[i]!, true)
  }
  return bytes
}

/** The learner that `banditToBytes` wrote. Throws BANDIT_BYTES_INVALID when version and length do not fit. */
export function banditFromBytes(bytes: Uint8Array): ContextualBandit {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  requireBytes(bytes.byteLength >= 8 * HEADER, `length must be at least ${8 * HEADER} bytes, got ${bytes.byteLength}`)
  const field = (i: number): number => view.getFloat64(8 * i, true)
  requireBytes(field(0) === VERSION, `version must be ${VERSION}, got ${field(0)}`)
  const shape = { actions: field(1), features: field(2) }
  // Weights alone take this much; a damaged count must not ask for memory that no computer has.
  const least = 8 * shape.actions * (1 + shape.features + field(3))
  requireBytes(least <= bytes.byteLength, `length must be at least ${least} bytes, got ${bytes.byteLength}`)
  const bandit = createBandit(shape, { prior: { rewardMean: field(4), noiseSd: field(5) }, waves: field(3) })
  let at = 8 * HEADER
  const read = (part: Float64Array): void => {
    requireBytes(at + 8 * part.length <= bytes.byteLength, `length must be beyond ${at}, got ${bytes.byteLength}`)
    for (let i = 0; i < part.length; i++, at += 8) part[i] = view.getFloat64(at, true)
  }
  const { running, tried, weights, plainWeights, spreads } = bandit
  for (const part of [running, tried, weights, plainWeights, spreads]) read(part)
  for (const part of triedCovariances(bandit)) read(part)
  requireBytes(at === bytes.byteLength, `length must be ${at} bytes, got ${bytes.byteLength}`)
  return bandit
}

function requireBytes(holds: boolean, message: string): void {
  if (holds) return
  throw new PalomaError('BANDIT_BYTES_INVALID', message, {
    hint: 'the stored learner is damaged or of another version',
  })
}
