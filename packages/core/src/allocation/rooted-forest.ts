/** No parent, no edge. */
export const NONE = -1

/** A forest over numbered nodes in which every tree hangs from a root; edges carry the caller's numbers. */
export interface RootedForest {
  readonly parent: Int32Array
  /** The edge between a node and its parent. */
  readonly parentEdge: Int32Array
}

/** `nodes` trees of one node each. */
export function rootedForest(nodes: number): RootedForest {
  return { parent: new Int32Array(nodes).fill(NONE), parentEdge: new Int32Array(nodes).fill(NONE) }
}

/** Makes `node` the root of its tree, by turning round the edges above it. */
export function reroot({ parent, parentEdge }: RootedForest, node: number): void {
  let below = NONE
  let edgeBelow = NONE
  for (let at = node; at !== NONE; ) {
    const above = parent[at]!
    const edgeAbove = parentEdge[at]!
    parent[at] = below
    parentEdge[at] = edgeBelow
    below = at
    edgeBelow = edgeAbove
    at = above
  }
}

/** The root of the tree that holds `node`. */
export function rootOf({ parent }: RootedForest, node: number): number {
  let at = node
  while (parent[at]! !== NONE) at = parent[at]!
  return at
}

/** Hangs the tree of `root`, which must be one, below `node` of another tree. */
export function hang(
  forest: RootedForest,
  link: { readonly root: number; readonly node: number; readonly edge: number },
): void {
  forest.parent[link.root] = link.node
  forest.parentEdge[link.root] = link.edge
}

/** Takes `edge` between `a` and `b` out, so that one of the two becomes a root. */
export function cut({ parent, parentEdge }: RootedForest, edge: number, [a, b]: readonly [number, number]): void {
  const child = parentEdge[a] === edge ? a : b
  parent[child] = NONE
  parentEdge[child] = NONE
}
