import { describe, expect, it } from 'vitest'
import { fakeConnection } from '../connection/testing/fake-connection.ts'
import { memoryOutput, runCommand } from '../print/index.ts'
import { keysCommand } from './keys-command.ts'

async function run(args: readonly string[], fake = fakeConnection()) {
  const output = memoryOutput()
  const code = await runCommand(keysCommand(fake.connect, output), args, output)
  return { code, results: output.results(), notes: output.notes(), fake }
}

describe('paloma keys', () => {
  it('creates a key and shows its secret once', async () => {
    const { code, results, fake } = await run(['create', '--name', 'shop', '--scopes', 'decide,ingest'])
    expect(code).toBe(0)
    expect(results).toContain('Created key_1 "shop" with the scopes ingest, decide.')
    expect(results).toContain('pk_secret_1')
    expect((await run(['list'], fake)).results).not.toContain('pk_secret_1')
  })

  it('understands all as every scope', async () => {
    const { results } = await run(['create', '--name', 'root', '--scopes', 'all', '--json'])
    expect(JSON.parse(results).key.scopes).toEqual(['ingest', 'decide', 'read', 'admin'])
  })

  it('lists keys as a table, revoked ones last, and as JSON', async () => {
    const { fake } = await run(['create', '--name', 'old', '--scopes', 'read'])
    await run(['create', '--name', 'new', '--scopes', 'read'], fake)
    expect((await run(['revoke', 'key_1'], fake)).results).toBe('Revoked key_1.\n')
    const lines = (await run(['list'], fake)).results.split('\n')
    expect(lines[1]).toMatch(/key_2 +new +read +2026-01-01 +valid/)
    expect(lines[2]).toMatch(/key_1 +old +read +2026-01-01 +revoked 2026-01-02/)
    expect(JSON.parse((await run(['list', '--json'], fake)).results).keys).toHaveLength(2)
  })

  it('fails for a key that is not there, or was revoked before', async () => {
    const { code, notes, results } = await run(['revoke', 'key_9', '--json'])
    expect({ code, results }).toEqual({ code: 1, results: '' })
    expect(notes).toContain('error KEY_NOT_FOUND: the fake has no valid key "key_9"')
  })

  it.each([
    [['create', '--name', 'x', '--scopes', 'everything'], '--scopes must be all or some of'],
    [['create', '--name', 'x', '--scopes', ''], 'got ""'],
    [['create', '--name', ' ', '--scopes', 'all'], '--name must have 1 to 256 characters, got 0'],
    [['create', '--name', 'x'], "required option '--scopes <list>' not specified"],
    [['list', '--url', 'http://a', '--data-dir', 'b'], 'exclude each other'],
    [['list', '--colour'], "unknown option '--colour'"],
    [['make'], "unknown command 'make'"],
  ])('says that it was called wrongly with %j', async (args, message) => {
    const { code, notes, fake } = await run(args)
    expect(code).toBe(2)
    expect(notes).toContain(message)
    expect(fake.opened()).toBe(0)
  })

  it('lets go of the connection, also after a failure', async () => {
    const { fake } = await run(['revoke', 'key_9'])
    expect(fake.opened()).toBe(1)
    expect(fake.closed()).toBe(1)
  })

  it('may make a store only to put the first key there', async () => {
    const { fake } = await run(['create', '--name', 'x', '--scopes', 'all'])
    await run(['list'], fake)
    expect(fake.intents).toEqual([{ mayCreate: true }, { mayCreate: false }])
  })
})
