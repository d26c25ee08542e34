import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const FROM_SOURCE = ['--import', 'tsx', '--conditions', 'paloma-source']
const root = join(import.meta.dirname, '..')
const dataDir = mkdtempSync(join(tmpdir(), 'paloma-example-'))

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

let server: ChildProcess | undefined
let url = ''
let key = ''

beforeAll(async () => {
  const port = String(await freePort())
  const main = join(root, 'packages/server/src/main.ts')
  const started = spawn(process.execPath, [...FROM_SOURCE, main, 'serve', '--data-dir', dataDir, '--port', port], {
    cwd: root,
  })
  server = started
  for await (const line of createInterface({ input: started.stderr })) {
    key = /API key .*: (\S+)/.exec(line)?.[1] ?? key
    url = /listens on (\S+)/.exec(line)?.[1] ?? url
    if (url !== '') break
  }
})

afterAll(async () => {
  const ended = new Promise((resolve) => server?.once('exit', resolve))
  server?.kill('SIGTERM')
  await ended
  rmSync(dataDir, { recursive: true })
})

it('decides for a user as the README says', async () => {
  const example = join(root, 'examples/first-decision.ts')
  const env = { ...process.env, PALOMA_URL: url, PALOMA_KEY: key }
  const { stdout } = await promisify(execFile)(process.execPath, [...FROM_SOURCE, example], { cwd: root, env })
  expect(stdout).toMatch(/kind: '(send|hold)'/)
  expect(stdout).toMatch(/0\.\d+ policy/)
})
