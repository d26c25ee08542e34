import { type HeadState, PalomaError, type PolicyState } from '@paloma/core/domain'
import { fromBytes, toBytes } from './numbers-codec.ts'

/** What a table of states keeps of one: the vectors as bytes, the rest as JSON. */
export interface StateRow {
  readonly id: number
  readonly created_at: number
  readonly schema_hash: string
  /** Empty for everybody's. */
  readonly line: string
  readonly meta: string
  /** Per head in the order of `meta.heads`: mean, covariance, [noiseShape, noiseRate]; little-endian doubles. */
  readonly vectors: Uint8Array
}

interface StateMeta {
  readonly heads: readonly {
    readonly name: string
    readonly dimension: number
    readonly mean: number
    readonly covariance: number
    readonly n: number
  }[]
  readonly learnedUntil: PolicyState['learnedUntil']
  readonly began?: PolicyState['began']
  readonly delays?: PolicyState['delays']
  readonly dualPrices?: PolicyState['dualPrices']
  readonly messages?: PolicyState['messages']
}

/** A policy state as a row; `stateFromRow` gives back the same bits. */
export function stateToRow(state: PolicyState): StateRow {
  const heads = Object.entries(state.heads)
  const meta: StateMeta = {
    heads: heads.map(([name, head]) => ({
      name,
      dimension: head.dimension,
      mean: head.mean.length,
      covariance: head.covariance.length,
      n: head.n,
    })),
    learnedUntil: state.learnedUntil,
    ...(state.began === undefined ? {} : { began: state.began }),
    ...(state.delays === undefined ? {} : { delays: state.delays }),
    ...(state.dualPrices === undefined ? {} : { dualPrices: state.dualPrices }),
    ...(state.messages === undefined ? {} : { messages: state.messages }),
  }
  return {
    id: state.id,
    created_at: state.createdAt,
    schema_hash: state.schemaHash,
    line: state.line ?? '',
    meta: JSON.stringify(meta),
    vectors: Buffer.concat(
      heads.flatMap(([, head]) => [
        toBytes(head.mean),
        toBytes(head.covariance),
        toBytes([head.noiseShape, head.noiseRate]),
      ]),
    ),
  }
}

/** The policy state of a row. Throws STORE_DAMAGED when the bytes do not fit the lengths written beside them. */
export function stateFromRow(row: StateRow): PolicyState {
  const meta = JSON.parse(row.meta) as StateMeta
  const doubles = fromBytes(row.vectors)
  const expected = meta.heads.reduce((sum, head) => sum + head.mean + head.covariance + 2, 0)
  if (doubles.length !== expected) {
    throw new PalomaError('STORE_DAMAGED', `policy state ${row.id} has ${doubles.length} numbers, expected ${expected}`)
  }
  let offset = 0
  const take = (length: number): Float64Array => {
    offset += length
    return doubles.slice(offset - length, offset)
  }
  const heads = meta.heads.map((head): readonly [string, HeadState] => {
    const [mean, covariance, noise] = [take(head.mean), take(head.covariance), take(2)]
    return [
      head.name,
      { dimension: head.dimension, mean, covariance, noiseShape: noise[0]!, noiseRate: noise[1]!, n: head.n },
    ]
  })
  return {
    id: row.id,
    createdAt: row.created_at,
    schemaHash: row.schema_hash,
    heads: Object.fromEntries(heads),
    learnedUntil: meta.learnedUntil,
    ...(row.line === '' ? {} : { line: row.line }),
    ...(meta.began === undefined ? {} : { began: meta.began }),
    ...(meta.delays === undefined ? {} : { delays: meta.delays }),
    ...(meta.dualPrices === undefined ? {} : { dualPrices: meta.dualPrices }),
    ...(meta.messages === undefined ? {} : { messages: meta.messages }),
  }
}
