/**
 * Work that goes on step by step over many calls: each takes one step and answers what it did, 0 when all is through; the next call begins anew. So does the
 * one after a step that failed.
 */
export function stepThrough(begin: () => AsyncGenerator<number, void>): () => Promise<number> {
  let steps: AsyncGenerator<number, void> | undefined
  return async () => {
    steps ??= begin()
    const { done, value } = await steps.next().catch((error: unknown) => {
      steps = undefined
      throw error
    })
    if (done !== true) return value
    steps = undefined
    return 0
  }
}
