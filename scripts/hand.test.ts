import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from './architecture/source-tree.ts'

const HAND = join(ROOT, 'scripts/hand.mjs')

/** A program that `hand` runs in a process of its own; what it wrote, its exit code, and its end. */
function handed(program: string) {
  const hand = `import { hand } from ${JSON.stringify(HAND)}; process.exitCode = await hand(['-e', ${JSON.stringify(program)}])`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', hand], { stdio: ['ignore', 'pipe', 'pipe'] })
  let written = ''
  const ready = new Promise<void>((resolve) => {
    parent.stdout.setEncoding('utf8').on('data', (text: string) => {
      written += text
      if (written.includes('ready')) resolve()
    })
  })
  const ended = new Promise<number | null>((resolve) => parent.once('close', (code) => resolve(code)))
  return { parent, ready, ended, written: () => written }
}

const goodbye = (signal: string) =>
  `process.once('${signal}', () => setTimeout(() => { console.log('bye'); process.exit(7) }, 50))
   setInterval(() => {}, 1000); console.log('ready')`

it.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)(
  'hands on %s and waits until the program has said goodbye',
  async (signal) => {
    const { parent, ready, ended, written } = handed(goodbye(signal))
    await ready
    parent.kill(signal)
    expect(await ended).toBe(7)
    expect(written()).toBe('ready\nbye\n')
  },
)

it('ends as the program does, also by a signal', async () => {
  expect(await handed('process.exit(3)').ended).toBe(3)
  expect(await handed("process.kill(process.pid, 'SIGKILL')").ended).toBe(137)
})
