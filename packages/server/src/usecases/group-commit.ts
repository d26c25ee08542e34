import { PalomaError } from '@paloma/core'

/** Collects what many callers want written and writes it together. */
export interface GroupCommit<T, R> {
  /** Resolves once the items are durable; results run parallel. */
  add(items: readonly T[]): Promise<readonly R[]>
}

interface Waiting<T, R> {
  readonly items: readonly T[]
  readonly resolve: (results: readonly R[]) => void
  readonly reject: (error: unknown) => void
}

/** A joint write, or why there is none: the store is gone, or something in it was not to be had. */
type Joint<R> =
  | { readonly kind: 'done'; readonly results: readonly R[] }
  | { readonly kind: 'gone'; readonly error: unknown }
  | { readonly kind: 'refused' }

async function jointOf<R>(write: Promise<readonly R[]>): Promise<Joint<R>> {
  try {
    return { kind: 'done', results: await write }
  } catch (error) {
    const isGone = error instanceof PalomaError && error.code === 'STORE_UNREACHABLE'
    return isGone ? { kind: 'gone', error } : { kind: 'refused' }
  }
}

/**
 * One write at a time; everything that arrives meanwhile forms the next. If a joint write fails, each caller's part is
 * tried alone, so that one caller's bad row never takes the others with it; a store that cannot be reached is tried once more
 * for all together, since a connection may have broken, and never caller by caller, which would keep them for as many timeouts.
 */
export function groupCommit<T, R>(
  write: (items: readonly T[]) => Promise<readonly R[]>,
  maxItems = 2_000,
): GroupCommit<T, R> {
  let queue: Waiting<T, R>[] = []
  let isWriting = false

  const takeBatch = (): readonly Waiting<T, R>[] => {
    let count = 0
    let end = 0
    while (end < queue.length && (end === 0 || count + queue[end]!.items.length <= maxItems)) {
      count += queue[end]!.items.length
      end += 1
    }
    const batch = queue.slice(0, end)
    queue = queue.slice(end)
    return batch
  }

  const writeAlone = async (batch: readonly Waiting<T, R>[]): Promise<void> => {
    for (const part of batch) await write(part.items).then(part.resolve, part.reject)
  }

  const writeBatch = async (batch: readonly Waiting<T, R>[]): Promise<void> => {
    if (batch.length === 1) return writeAlone(batch)
    const items = batch.flatMap((part) => part.items)
    const first = await jointOf(write(items))
    const joint = first.kind === 'gone' ? await jointOf(write(items)) : first
    if (joint.kind === 'refused') return writeAlone(batch)
    if (joint.kind === 'gone') {
      for (const { reject } of batch) reject(joint.error)
      return
    }
    let start = 0
    for (const part of batch) {
      part.resolve(joint.results.slice(start, start + part.items.length))
      start += part.items.length
    }
  }

  const drain = async (): Promise<void> => {
    isWriting = true
    while (queue.length > 0) await writeBatch(takeBatch())
    isWriting = false
  }

  return {
    add(items) {
      if (items.length === 0) return Promise.resolve([])
      return new Promise((resolve, reject) => {
        queue.push({ items, resolve, reject })
        if (!isWriting) {
          isWriting = true
          setImmediate(() => void drain())
        }
      })
    },
  }
}
