/**
 * Calls `stop` whenever the process is told to end, also the second time: a supervisor tells the whole group, and a wrapper such as
 * npm's hands on what it heard as well. Without a listener the repeat would end the process in the midst of its goodbye.
 */
export function onEndSignals(stop: () => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
}
