interface Search {
  readonly graph: ReadonlyMap<string, ReadonlySet<string>>
  readonly order: Map<string, number>
  readonly low: Map<string, number>
  readonly stack: string[]
  readonly found: (readonly string[])[]
}

function close(search: Search, node: string): void {
  const at = search.stack.lastIndexOf(node)
  const component = search.stack.splice(at).reverse()
  if (component.length > 1 || search.graph.get(node)?.has(node)) search.found.push(component.sort())
}

// Tarjan's strongly connected components (SIAM J. Comput. 1972).
function visit(search: Search, node: string): void {
  const index = search.order.size
  search.order.set(node, index)
  search.low.set(node, index)
  search.stack.push(node)
  for (const next of search.graph.get(node) ?? []) {
    if (!search.order.has(next)) visit(search, next)
    if (search.stack.includes(next)) search.low.set(node, Math.min(search.low.get(node)!, search.low.get(next)!))
  }
  if (search.low.get(node) === index) close(search, node)
}

/** Groups of nodes that reach each other, each sorted; none if the graph has no cycle. */
export function findCycles(graph: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
  const search: Search = { graph, order: new Map(), low: new Map(), stack: [], found: [] }
  for (const node of graph.keys()) if (!search.order.has(node)) visit(search, node)
  return search.found
}
