import { spawnSync } from 'node:child_process'
import { cpus, loadavg, totalmem } from 'node:os'

function git(...args) {
  const { stdout } = spawnSync('git', args, { encoding: 'utf8' })
  return (stdout ?? '').trim()
}

/** Where and on what a figure was measured. */
export function machine() {
  const isDirty =
    git('status', '--porcelain', '--untracked-files=no', '--', 'packages', 'benchmarks', ':!benchmarks/LOG.md') !== ''
  return {
    at: new Date().toISOString(),
    commit: `${git('rev-parse', '--short', 'HEAD')}${isDirty ? ' + uncommitted changes' : ''}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    loadAverage: loadavg().map((value) => Number(value.toFixed(2))),
  }
}
