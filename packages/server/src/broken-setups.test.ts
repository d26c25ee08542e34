import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { memoryOutput, runCommand } from './cli/print/index.ts'
import { palomaProgram } from './program.ts'

const DKIM = { domain: 'b.example', selector: 's', privateKey: '-----BEGIN RSA PRIVATE KEY-----\nMIIB\n' }
const VAPID = { subject: 'mailto:a@b.example', vapidPublicKey: 'short', vapidPrivateKey: 'xx' }

let dir = ''
let count = 0
const servers: Server[] = []

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'paloma-broken-'))
  writeFileSync(join(dir, 'a-file'), '')
})
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

interface Called {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Called> {
  const output = memoryOutput()
  const program = palomaProgram({ PALOMA_DATA_DIR: join(dir, 'data'), ...env }, Date.now, output)
  const code = await runCommand(program, args, output)
  return { code, stdout: output.results(), stderr: output.notes() }
}

/** One clear message: the words expected, the code, no stack, nothing on stdout. */
function expectRefusal({ code, stdout, stderr }: Called, expected: number, message: string | RegExp): void {
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/^\s+at /m)
  expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(8)
  expect({ code, stdout }).toEqual({ code: expected, stdout: '' })
}

/** The port of a server that does `greet` with everyone who connects. */
async function listening(greet: (socket: Socket) => void): Promise<number> {
  const server = createServer(greet)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A server that refuses every password, in PostgreSQL's protocol. */
function refusePassword(socket: Socket): void {
  socket.once('data', () => {
    const fields = Buffer.from('SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "u"\0\0')
    const head = Buffer.from('E\0\0\0\0')
    head.writeInt32BE(fields.length + 4, 1)
    socket.end(Buffer.concat([head, fields]))
  })
}

describe('paloma serve in a broken set-up', () => {
  it('says that the port is taken', async () => {
    const port = String(await listening(() => {}))
    expectRefusal(await run(['serve', '--port', port]), 1, /error PORT_IN_USE: port \d+ on 127\.0\.0\.1/)
  })

  it('says that nobody listens at DATABASE_URL, without its password', async () => {
    const url = 'postgres://u:hunter2@127.0.0.1:1/x'
    const result = await run(['serve'], { DATABASE_URL: url })
    expectRefusal(result, 1, 'error STORE_UNREACHABLE: PostgreSQL at 127.0.0.1:1 does not let us in')
    expect(result.stderr).not.toContain('hunter2')
  })

  it('does not wait for ever for a database that does not answer', async () => {
    const port = await listening(() => {})
    expectRefusal(await run(['serve'], { DATABASE_URL: `postgres://u:p@127.0.0.1:${port}/x` }), 1, 'STORE_UNREACHABLE')
  })

  it('says that the password is wrong', async () => {
    const port = await listening(refusePassword)
    const result = await run(['serve'], { DATABASE_URL: `postgres://u:hunter2@127.0.0.1:${port}/x` })
    expectRefusal(result, 1, /password authentication failed.*\n {2}hint: the server refuses the password/)
  })

  it('says that the data directory cannot be written', async () => {
    expectRefusal(
      await run(['serve', '--data-dir', join(dir, 'a-file', 'inside')]),
      1,
      /STORE_UNWRITABLE: .*inside cannot be written/,
    )
  })

  const configs: readonly (readonly [string, string, RegExp])[] = [
    [
      'json',
      '{"objectivs": []}',
      /CONFIG_INVALID: .*\n {2}\/objectivs: is not a known field; did you mean "objectives"\?/,
    ],
    ['json', '\uFEFF{"objectivs": []}', /CONFIG_INVALID: .*\n {2}\/objectivs: is not a known field/],
    ['json', '{\n\t"limits": {\n\t\t"batchItem": 5\n\t}\n}', /\/limits\/batchItem: .*; did you mean "batchItems"\?/],
    [
      'json',
      '{"experiments": {"layers": [{"nmae": "a"}]}}',
      /\/experiments\/layers\/0\/nmae: .*; did you mean "name"\?/,
    ],
    ['json', '{"zebra": 1}', /\/zebra: is not a known field\n/],
    [
      'json',
      '{\n  "limits": {\n    "batchItems": 1,\n    "batchItems": 2\n  }\n}',
      /CONFIG_UNREADABLE: .*"batchItems" stands twice in one object, for the second time in line 4, column 5/,
    ],
    ['json', '{\n  "limits": {,}\n}', /CONFIG_UNREADABLE: .*\(line 2, column 14\)/],
    [
      'json',
      '{"adapters":{"email":{"kind":"smtpp","url":"smtp://u:hunter2@x"}}}',
      /\/adapters\/email\/kind: expected 'inbox' \| 'smtp' \| 'web-push' \| 'webhook', got "smtpp"/,
    ],
    ['json', '{"rules": {"caps": 3}}', /\/rules\/caps: expected array, got 3/],
    ['json', '{"learning": {"latenessHours": -2}}', /\/learning\/latenessHours: expected number to be >=0, got -2/],
    ['json', '{"groups": {"holdout": {"share": 5, "policy": {"kind": "holdout"}}}}', /\/groups: .*sum to 1000000/],
    ['json', '{ "rules": ', /CONFIG_UNREADABLE: .*could not be read/],
    ['json', '[]', /CONFIG_INVALID: .* must be an object, got \[\]/],
    [
      'json',
      '{"adapters":{"sms":{"kind":"webhook","url":"https://x.example","secret":"hunter2","timeoutMs":1}}}',
      /secret/,
    ],
    ['mjs', 'throw new Error("no luck")', /CONFIG_UNREADABLE: .*could not be read: no luck/],
    ['mjs', 'export const config = {}', /CONFIG_INVALID: .* must be an object, got nothing\n {2}hint: export default/],
    ['mjs', 'import "./nowhere.mjs"; export default {}', /CONFIG_UNREADABLE/],
    [
      'ts',
      'export default { objectives: [twice(), twice()] }; function twice() { return { name: "a", events: ["x"], aggregate: "any", windowHours: 1, unit: "u", weight: 1 } }',
      /\/objectives\/1\/name: expected a name used only once, got "a"/,
    ],
    [
      'ts',
      'export default { objectives: [{ name: "a", events: ["x"], aggregate: "any", windowHours: -1, unit: "u", weight: 1 }] }',
      /\/objectives\/0\/windowHours: expected number to be >0, got -1/,
    ],
  ]
  it.each(configs)('names what is wrong in a .%s configuration: %.60s', async (ending, text, message) => {
    // Modules are remembered by their path.
    const file = join(dir, `bad-${++count}.config.${ending}`)
    writeFileSync(file, text)
    const result = await run(['serve', '--config', file])
    expectRefusal(result, 1, message)
    expect(result.stderr).not.toContain('hunter2')
  })

  it.each([
    [
      'email',
      { kind: 'smtp', url: 'smtp://localhost:25', from: 'a@b.example', dkim: DKIM },
      /dkim\.privateKey must be/,
    ],
    ['push', { kind: 'web-push', ...VAPID, ttlSeconds: 1, urgency: 'normal' }, /web-push .*VAPID keys/],
  ])(
    'says which option of the provider for %s cannot work, before it makes a store',
    async (channel, adapter, message) => {
      const file = join(dir, `bad-${++count}.config.json`)
      writeFileSync(file, JSON.stringify({ adapters: { [channel]: adapter } }))
      const data = join(dir, `unmade-${count}`)
      expectRefusal(await run(['serve', '--config', file, '--data-dir', data]), 1, message)
      expect(existsSync(data)).toBe(false)
    },
  )

  it('says that the configuration is not there', async () => {
    expectRefusal(
      await run(['serve', '--config', join(dir, 'nowhere.ts')]),
      1,
      /CONFIG_NOT_FOUND: .*nowhere\.ts is not there/,
    )
  })
})

describe('paloma called wrongly', () => {
  const calls: readonly (readonly [readonly string[], Readonly<Record<string, string>>, RegExp])[] = [
    [['serve'], { PALOMA_PORT: 'abc' }, /RUNTIME_INVALID: PALOMA_PORT must be an integer from 0 to 65535, got "abc"/],
    [['serve'], { PALOMA_PORT: '70000' }, /got "70000"/],
    [['serve'], { PALOMA_PUBLIC_URL: 'example.org' }, /PALOMA_PUBLIC_URL must be a URL that starts with http/],
    [['serve'], { PALOMA_VIRTUAL_CLOCK: 'soon' }, /PALOMA_VIRTUAL_CLOCK must be an ISO 8601 moment/],
    [['serve'], { DATABASE_URL: 'mysql://u:hunter2@h/x' }, /DATABASE_URL must be a URL that starts with postgres/],
    [
      ['serve'],
      { DATABASE_URL: 'postgres://u:hunter2@h:99999/x' },
      /a URL whose port is from 0 to 65535 and whose password/,
    ],
    [['serve'], { DATABASE_URL: 'postgres://u:hunter2/#@h:/x' }, /a URL whose port .*, got "postgres:\/\/…@h:\/x"/],
    [['serve'], { LOG_LEVEL: 'loud' }, /LOG_LEVEL must be one of/],
    [['keys', 'list'], { PALOMA_URL: 'nonsense' }, /PALOMA_URL must be a URL/],
    [['keys', 'list'], { PALOMA_URL: 'http://127.0.0.1:9' }, /a server needs an API key, got none/],
    [['keys', 'list'], { PALOMA_URL: 'http://127.0.0.1:9', PALOMA_KEY: ' ' }, /a server needs an API key, got none/],
    [['keys', 'list'], { PALOMA_URL: 'http://127.0.0.1:9', PALOMA_KEY: 'pk ü' }, /got one with other characters than/],
    [['serve', '--port', '80 80'], {}, /--port must be an integer/],
    [['serve', '--nope'], {}, /unknown option '--nope'/],
    [['survey'], {}, /unknown command 'survey'/],
    [['explain'], {}, /missing required argument 'decision'/],
    [['replay', '--day', '2026-02-31'], {}, /--day must be a day/],
  ]
  it.each(calls)('answers %j with %j by 2 and a message', async (args, env, message) => {
    const result = await run(args, env)
    expectRefusal(result, 2, message)
    expect(result.stderr).not.toContain('hunter2')
  })

  it('fails for a server that is not there, with one line and a hint', async () => {
    const env = { PALOMA_URL: 'http://127.0.0.1:9', PALOMA_KEY: 'pk_x' }
    expectRefusal(await run(['explain', 'd1'], env), 1, /SERVER_UNREACHABLE: http:\/\/127\.0\.0\.1:9 does not answer/)
  })

  it('fails for a directory without a store rather than make one', async () => {
    expectRefusal(
      await run(['keys', 'list', '--data-dir', join(dir, 'nowhere')]),
      1,
      /STORE_ABSENT: there is no store in .*nowhere/,
    )
  })
})
