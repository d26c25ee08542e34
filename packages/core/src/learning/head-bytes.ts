import { type HeadState, PalomaError } from '../domain/index.ts'
import { packedLength } from '../numeric/index.ts'

const VERSION = 1
// version, dimension, n, noise shape, noise rate
const HEADER = 5

/** A head as little-endian float64: version 1, dimension, n, noise shape, noise rate, mean, packed covariance; every bit kept. */
export function headToBytes(head: HeadState): Uint8Array {
  const { dimension, n, noiseShape, noiseRate, mean, covariance } = head
  const bytes = new Uint8Array(8 * (HEADER + mean.length + covariance.length))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const part of [[VERSION, dimension, n, noiseShape, noiseRate], mean, covariance]) {
    for (const value of part) {
      view.setFloat64(at, value, true)
      at += 8
    }
  }
  return bytes
}

/** The head that `headToBytes` wrote. Throws HEAD_BYTES_INVALID when version, dimension and length do not fit. */
export function headFromBytes(bytes: Uint8Array): HeadState {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [version, dimension, n, noiseShape, noiseRate] = readHeader(view)
  requireBytes(version === VERSION, `version must be ${VERSION}, got ${version}`)
  requireBytes(Number.isInteger(dimension) && dimension >= 0, `dimension must be a whole number, got ${dimension}`)
  const expected = 8 * (HEADER + dimension + packedLength(dimension))
  requireBytes(bytes.byteLength === expected, `length must be ${expected} bytes, got ${bytes.byteLength}`)
  const mean = readFloats(view, HEADER, dimension)
  const covariance = readFloats(view, HEADER + dimension, packedLength(dimension))
  return { dimension, mean, covariance, noiseShape, noiseRate, n }
}

function readHeader(view: DataView): readonly [number, number, number, number, number] {
  requireBytes(view.byteLength >= 8 * HEADER, `length must be at least ${8 * HEADER} bytes, got ${view.byteLength}`)
  const read = (index: number): number => view.getFloat64(8 * index, true)
  return [read(0), read(1), read(2), read(3), read(4)]
}

function readFloats(view: DataView, first: number, count: number): Float64Array {
  const values = new Float64Array(count)
  for (let i = 0; i < count; i++) values[i] = view.getFloat64(8 * (first + i), true)
  return values
}

function requireBytes(holds: boolean, message: string): void {
  if (!holds)
    throw new PalomaError('HEAD_BYTES_INVALID', message, { hint: 'the stored head is damaged or of another version' })
}
