import { cut, hang, NONE, type RootedForest, reroot, rootedForest, rootOf } from './rooted-forest.ts'

// An entry this close to 0 or 1 counts as decided: far above rounding noise, far below a probability that matters.
const DECIDED = 1e-12

/**
 * The rows of dependent rounding that are still fractional. A row with d fractional entries lies in a forest over the
 * groups as d − 1 edges, from each such entry to the next; an edge that would close a cycle is rounded away at once, so
 * the forest never holds more than groups − 1 edges and the pool never more than `groups` rows.
 */
export interface FractionalPool {
  readonly groups: number
  readonly random: () => number
  /** Told once per row which group it chose. */
  readonly onDecided: (row: number, group: number) => void
  /** groups × groups: entries of the row in each slot. */
  readonly values: Float64Array
  readonly rowOf: Int32Array
  readonly freeSlots: number[]
  /** The edge that starts at an entry leads to this group; NONE while it is not in the forest. */
  readonly linkedTo: Int32Array
  readonly forest: RootedForest
  /** Entries whose edge waits to be put into the forest. */
  readonly pending: number[]
  /** Direction in which the cycle at hand moves each entry; 0 between moves. */
  readonly moves: Int8Array
}

/** An empty pool over `groups` groups. */
export function fractionalPool(
  groups: number,
  random: () => number,
  onDecided: (row: number, group: number) => void,
): FractionalPool {
  return {
    groups,
    random,
    onDecided,
    values: new Float64Array(groups * groups),
    rowOf: new Int32Array(groups).fill(NONE),
    freeSlots: Array.from({ length: groups }, (_, slot) => slot),
    linkedTo: new Int32Array(groups * groups).fill(NONE),
    forest: rootedForest(groups),
    pending: [],
    moves: new Int8Array(groups * groups),
  }
}

/** Puts a row of entries in [0, 1], one per group, into the pool and rounds until no cycle is left. */
export function addRow(pool: FractionalPool, row: number, entries: ArrayLike<number>): void {
  const slot = pool.freeSlots.pop()!
  pool.rowOf[slot] = row
  for (let g = 0; g < pool.groups; g++) pool.values[slot * pool.groups + g] = entries[g]!
  tidySlot(pool, slot)
  for (let entry = pool.pending.pop(); entry !== undefined; entry = pool.pending.pop()) insertEdge(pool, entry)
}

/** Decides the rows that rounding noise has left a hair short of 0 or 1; call it when entries per group sum to integers. */
export function finishRows(pool: FractionalPool): void {
  for (let slot = 0; slot < pool.groups; slot++) if (pool.rowOf[slot] !== NONE) decideSlot(pool, slot)
}

function isFractional({ values }: FractionalPool, entry: number): boolean {
  return values[entry]! > DECIDED && values[entry]! < 1 - DECIDED
}

/** Takes edges with a decided end out of the forest, queues the edges that are missing, and frees a decided slot. */
function tidySlot(pool: FractionalPool, slot: number): void {
  const { groups, linkedTo, pending } = pool
  let left = 0
  for (let g = 0, entry = slot * groups; g < groups; g++, entry++) {
    const end = linkedTo[entry]!
    if (end !== NONE && !(isFractional(pool, entry) && isFractional(pool, slot * groups + end))) {
      cut(pool.forest, entry, [g, end])
      linkedTo[entry] = NONE
    }
    if (!isFractional(pool, entry)) continue
    left += 1
    if (linkedTo[entry] === NONE) pending.push(entry)
  }
  if (left <= 1 && pool.rowOf[slot] !== NONE) decideSlot(pool, slot)
}

function decideSlot(pool: FractionalPool, slot: number): void {
  const { groups, values } = pool
  const first = slot * groups
  let best = first
  for (let entry = first; entry < first + groups; entry++) if (values[entry]! > values[best]!) best = entry
  pool.onDecided(pool.rowOf[slot]!, best - first)
  pool.rowOf[slot] = NONE
  values.fill(0, first, first + groups)
  pool.freeSlots.push(slot)
}

/** Links an entry to the next fractional one of its row, or rounds along the cycle that the link would close. */
function insertEdge(pool: FractionalPool, entry: number): void {
  const { groups, linkedTo, forest } = pool
  if (linkedTo[entry] !== NONE || !isFractional(pool, entry)) return
  const from = entry % groups
  const first = entry - from
  let to = from + 1
  while (to < groups && !isFractional(pool, first + to)) to += 1
  if (to === groups) return
  reroot(forest, from)
  if (rootOf(forest, to) === from) {
    roundCycle(pool, { entry, from, to })
    pool.pending.push(entry)
    return
  }
  hang(forest, { root: from, node: to, edge: entry })
  linkedTo[entry] = to
}

/**
 * Moves mass round the cycle from → to → … → from until an entry is decided, in one direction or the other with the odds
 * that keep every entry's expectation. Sums per row and per group stay.
 */
function roundCycle(
  pool: FractionalPool,
  { entry, from, to }: { readonly entry: number; readonly from: number; readonly to: number },
): void {
  const { groups, values, moves, random } = pool
  const { parent, parentEdge } = pool.forest
  const touched = [entry, entry - from + to]
  moves[entry] = -1
  moves[entry - from + to] = 1
  for (let at = to; at !== from; at = parent[at]!) {
    const first = parentEdge[at]! - (parentEdge[at]! % groups)
    const [source, target] = [first + at, first + parent[at]!]
    moves[source] = moves[source]! - 1
    moves[target] = moves[target]! + 1
    touched.push(source, target)
  }
  const { forward, backward } = reachOf(pool, touched)
  const step = random() * (forward + backward) < backward ? forward : -backward
  for (const place of touched) {
    values[place] = values[place]! + moves[place]! * step
    moves[place] = 0
  }
  const slots = new Set(touched.map((place) => Math.floor(place / groups)))
  for (const slot of slots) tidySlot(pool, slot)
}

/** How far the cycle can move in its own direction and against it before an entry leaves [0, 1]. */
function reachOf(
  { values, moves }: FractionalPool,
  touched: readonly number[],
): { readonly forward: number; readonly backward: number } {
  let forward = Number.POSITIVE_INFINITY
  let backward = Number.POSITIVE_INFINITY
  for (const place of touched) {
    if (moves[place] === 0) continue
    const [down, up] = [values[place]!, 1 - values[place]!]
    forward = Math.min(forward, moves[place]! > 0 ? up : down)
    backward = Math.min(backward, moves[place]! > 0 ? down : up)
  }
  return { forward, backward }
}
