/** Prints what a check found and sets the exit code: 0 for nothing, 1 for faults. */
export function finish(claim: string, faults: readonly string[]): void {
  for (const fault of faults) process.stderr.write(`${fault}\n`)
  process.stdout.write(faults.length === 0 ? `✓ ${claim}\n` : `✗ ${claim}: ${faults.length} faults\n`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
