import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLI_WORDS, type CliResult, resultOf, runCli, startCli } from './cli/testing/run-cli.ts'

let dir = ''
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'paloma-main-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> =>
  runCli(args, { cwd: dir, env })

describe('paloma as a process', () => {
  it('says that another server has the directory, and how commands reach that server', async () => {
    const first = startCli(['serve', '--data-dir', 'held', '--port', '0'], { cwd: dir })
    const end = resultOf(first)
    await new Promise<void>((resolve) => {
      first.stderr?.on('data', (chunk: Buffer) => chunk.toString().includes('Paloma listens') && resolve())
      void end.then(() => resolve())
    })
    const locked = new RegExp(`STORE_LOCKED: .*held is in use by process ${first.pid}`)
    const other = await run(['serve', '--data-dir', 'held', '--port', '0'])
    expect(other).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(locked) })
    expect(other.stderr).not.toMatch(/^\s+at /m)
    const asked = await run(['keys', 'list', '--data-dir', 'held'])
    expect(asked).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(locked) })
    expect(asked.stderr).toContain('--url http://127.0.0.1:7777')
    first.kill('SIGTERM')
    expect((await end).code).toBe(0)
  })

  it('ends with the process that started it where it is told to', async () => {
    const args = ['serve', '--stop-with-parent', '--data-dir', 'followed', '--port', '0']
    const child = startCli(args, { cwd: dir, hasChannel: true })
    // Not 'close', which Node does not tell of a channel that was cut here.
    const end = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
    await new Promise<void>((resolve) => {
      child.stderr?.on('data', (chunk: Buffer) => chunk.toString().includes('Paloma listens') && resolve())
      void end.then(() => resolve())
    })
    child.disconnect()
    expect(await end).toBe(0)
    expect((await run(['keys', 'list', '--data-dir', 'followed'])).code).toBe(0)
  })

  it('answers 2 for an unknown flag and 1 for a failure, without a stack', async () => {
    expect(await run(['serve', '--nope'])).toEqual({ code: 2, stdout: '', stderr: "error: unknown option '--nope'\n" })
    const failed = await run(['serve', '--config', 'nowhere.ts'])
    expect(failed).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('error CONFIG_NOT_FOUND') })
    expect(failed.stderr).not.toMatch(/^\s+at /m)
  })

  it('ends without a word when the reader goes away', async () => {
    const words = [...CLI_WORDS, '--help'].map((word) => `'${word}'`).join(' ')
    const result = await resultOf(spawn('bash', ['-c', `set -o pipefail; ${words} | true`], { cwd: dir }))
    expect(result).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('keeps stdout to one JSON document', async () => {
    const made = await run(['keys', 'create', '--name', 'x', '--scopes', 'all', '--json', '--data-dir', 'piped'])
    expect(JSON.parse(made.stdout)).toMatchObject({ key: { name: 'x' }, secret: expect.stringMatching(/^pk_/) })
    const replayed = await run(['replay', '--json', '--data-dir', 'piped'])
    expect({ code: replayed.code, stdout: replayed.stdout }).toEqual({
      code: 0,
      stdout: '{"checked":0,"identical":0,"failures":[],"draws":[]}\n',
    })
  })
})
