import type { DueWork } from '../usecases/index.ts'

const DISPATCH_EVERY_MS = 250

/** Runs what falls due while the machine's clock runs. Failures are reported and the next round tries again. */
export function startJobs(
  due: DueWork,
  options: { readonly learnEveryMs: number; readonly onError: (job: string, error: unknown) => void },
): () => Promise<void> {
  let stopped = false
  const loop = async (name: string, everyMs: number, work: () => Promise<unknown>): Promise<void> => {
    while (!stopped) {
      await work().catch((error: unknown) => options.onError(name, error))
      for (let waited = 0; waited < everyMs && !stopped; waited += DISPATCH_EVERY_MS) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(everyMs, DISPATCH_EVERY_MS)))
      }
    }
  }
  const running = [
    loop('deliver', DISPATCH_EVERY_MS, async () => {
      await due.redecide()
      await due.dispatch()
    }),
    loop('learn', options.learnEveryMs, () => due.learn()),
  ]
  return async () => {
    stopped = true
    await Promise.all(running)
  }
}
