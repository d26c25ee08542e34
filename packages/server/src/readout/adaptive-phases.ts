import { type AdaptiveArm, adaptiveArm, adaptivePhases, mergeVectorMoments } from '@paloma/core'
import type { FileSpec } from './contract.ts'
import type { Analytics, SqlValue } from './duckdb.ts'
import type { MetricVector, VectorScene } from './metric-vector.ts'
import { cleaned, type MomentsRow } from './moments-query.ts'
import { chanceColumn } from './propensity.ts'
import { literal } from './sql.ts'

/** What is asked: vectors, and what users are told apart by, the variant `v` first. */
interface Asked {
  readonly vectors: readonly MetricVector[]
  readonly by: readonly string[]
}

/**
 * The rows of moments with those of adaptive phases put in their place: users pass one by one in the order of assignment, whom
 * every variant's weighted averages take in (`adaptiveArm`). Needs `phase` among what users are told apart by, and not the day.
 */
export async function withAdaptiveMoments(
  analytics: Analytics,
  scene: VectorScene,
  { vectors, by, rows }: Asked & { readonly rows: readonly MomentsRow[] },
): Promise<readonly MomentsRow[]> {
  const groups = new Map<string, Group>()
  for await (const page of usersInOrder(analytics, scene, { vectors, by })) {
    for (const row of page) addUser(groups, scene, { vectors, by, row })
  }
  return rows.map((row) => replaced(groups, row, { isAdaptive: isIn(scene.spec, row.dimensions, by) }))
}

/**
 * Moments of all users up to and with each day; the day is the last dimension. Adaptive phases pass user by user, of others the
 * days add up.
 */
export async function adaptiveLooks(
  analytics: Analytics,
  scene: VectorScene,
  { vectors, by, rows }: Asked & { readonly rows: readonly MomentsRow[] },
): Promise<readonly MomentsRow[]> {
  const days = [...new Set(rows.map(({ dimensions }) => Number(dimensions.at(-1))))].sort((a, b) => a - b)
  const byDay = new Map<number, readonly MomentsRow[]>()
  const groups = new Map<string, Group>()
  let next = 0
  const closeUntil = (day: number): void => {
    for (; next < days.length && days[next]! < day; next++) {
      const until = days[next]!
      const summed = sumUpTo(rows, until)
      byDay.set(
        until,
        summed.map((row) => replaced(groups, row, { isAdaptive: isIn(scene.spec, row.dimensions, by) })),
      )
    }
  }
  for await (const page of usersInOrder(analytics, scene, { vectors, by: [...by, 'day'] })) {
    for (const row of page) {
      closeUntil(Number(row[by.length]))
      addUser(groups, scene, { vectors, by, row: [...row.slice(0, by.length), ...row.slice(by.length + 1)] })
    }
  }
  closeUntil(Number.POSITIVE_INFINITY)
  return days.flatMap((day) => byDay.get(day)!.map((row) => ({ ...row, dimensions: [...row.dimensions, day] })))
}

/** One set of users that are compared with each other: by vector, the variants. */
type Group = readonly (readonly AdaptiveArm[])[]

/** Dimensions, the chance of every variant, the own variant's chance, and the numbers of every vector. */
async function* usersInOrder(
  analytics: Analytics,
  { spec, facts }: VectorScene,
  { vectors, by }: Asked,
): AsyncGenerator<readonly (readonly SqlValue[])[], void> {
  const phases = [...adaptivePhases(spec.readOut)].map(literal).join(', ')
  const chances = spec.readOut.variants.map((_, i) => chanceColumn(i))
  const names = vectors.flatMap((vector) => vector.names)
  // Within one moment, or one batch, chances are the same, and any order that no outcome decides is right.
  const place = spec.columns.assignments.time === null ? 'place' : 't'
  yield* analytics.pages(`SELECT ${[...by, ...chances, 'propensity', ...names].join(', ')} FROM ${cleaned(facts, vectors)}
    WHERE phase IN (${phases}) ORDER BY ${place}, md5(CAST(u AS VARCHAR)), u`)
}

function addUser(
  groups: Map<string, Group>,
  { spec }: VectorScene,
  { vectors, by, row }: Asked & { readonly row: readonly SqlValue[] },
): void {
  const { variants } = spec.readOut
  const key = keyOf(row, by.length)
  const group =
    groups.get(key) ?? vectors.map((vector) => variants.map(() => adaptiveArm(vector.names.length, startOf(vector))))
  groups.set(key, group)
  const own = Number(row[0])
  const propensity = Number(row[by.length + variants.length])
  let at = by.length + variants.length + 1
  vectors.forEach(({ names, ones }, k) => {
    const values = row.slice(at, at + names.length)
    at += names.length
    if (values[0] === null) return
    const numbers = values.map((value, i) => (ones.includes(i) ? 1 : Number(value) * propensity))
    group[k]!.forEach((arm, v) => {
      arm.add({ chance: Number(row[by.length + v]), isChosen: v === own, row: numbers })
    })
  })
}

/** What is 1 of everybody needs no draw to be known. */
function startOf({ names, ones }: MetricVector): Float64Array {
  return Float64Array.from(names, (_, place) => (ones.includes(place) ? 1 : 0))
}

/** Of everything but the variant. */
function keyOf(dimensions: readonly SqlValue[], count: number): string {
  return JSON.stringify(dimensions.slice(1, count).map((value) => (value === null ? null : String(value))))
}

function replaced(
  groups: ReadonlyMap<string, Group>,
  row: MomentsRow,
  { isAdaptive }: { readonly isAdaptive: boolean },
): MomentsRow {
  if (!isAdaptive) return row
  const group = groups.get(keyOf(row.dimensions, row.dimensions.length))
  const variant = Number(row.dimensions[0])
  return group === undefined ? row : { ...row, moments: group.map((arms) => arms[variant]!.moments()) }
}

function isIn({ readOut }: FileSpec, dimensions: readonly SqlValue[], by: readonly string[]): boolean {
  return adaptivePhases(readOut).has(String(dimensions[by.indexOf('phase')]))
}

/** Rows that end with a day, summed over the days up to one. */
function sumUpTo(rows: readonly MomentsRow[], day: number): readonly MomentsRow[] {
  const sums = new Map<string, MomentsRow>()
  for (const { dimensions, ...row } of rows) {
    if (Number(dimensions.at(-1)) > day) continue
    const own = dimensions.slice(0, -1)
    const key = JSON.stringify(own.map((value) => (value === null ? null : String(value))))
    const sum = sums.get(key)
    sums.set(key, {
      dimensions: own,
      users: (sum?.users ?? 0) + row.users,
      matched: (sum?.matched ?? 0) + row.matched,
      gaps: row.gaps,
      moments: row.moments.map((moments, i) =>
        sum === undefined ? moments : mergeVectorMoments(sum.moments[i]!, moments),
      ),
    })
  }
  return [...sums.values()]
}
