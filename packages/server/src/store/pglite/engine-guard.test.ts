import { spawn } from 'node:child_process'
import { expect, it } from 'vitest'
import { guardEngine } from './engine-guard.ts'

it('counts what the engine throws as its end, and an error of SQL not', async () => {
  let thrown: Error | undefined = Object.assign(new Error('no such column'), { severity: 'ERROR' })
  const enter = (): never => {
    throw new WebAssembly.RuntimeError('unreachable')
  }
  const engine = {
    execProtocolRawSync: (message: Uint8Array) => (thrown === undefined ? enter() : message),
    execProtocol: async () => ({ messages: [], data: new Uint8Array() }),
    async execProtocolStream(message: Uint8Array) {
      engine.execProtocolRawSync(message)
      if (thrown !== undefined) throw thrown
      return []
    },
  }
  const heard: string[] = []
  const guard = guardEngine(engine, ({ message }) => heard.push(message))
  await expect(engine.execProtocolStream(new Uint8Array())).rejects.toBe(thrown)
  expect(guard.isBroken()).toBe(false)
  thrown = undefined
  await expect(engine.execProtocolStream(new Uint8Array())).rejects.toMatchObject({ code: 'STORE_BROKEN' })
  thrown = new Error('never reached')
  await expect(engine.execProtocolStream(new Uint8Array())).rejects.toMatchObject({ code: 'STORE_BROKEN' })
  expect(heard).toEqual(['the embedded store has failed: unreachable'])
})

it('ends a process whose engine does not come back, from a thread that is not stuck, and no other', async () => {
  const ended = async (loop: string) => {
    const program = `
      import { guardEngine } from ${JSON.stringify(new URL('./engine-guard.ts', import.meta.url).href)}
      const db = { execProtocolRawSync: () => { for (;;); }, execProtocol: async () => {}, execProtocolStream: async () => {} }
      const guard = guardEngine(db, () => {})
      guard.endWhenStuck(200)
      setTimeout(() => { ${loop} }, 100)
      setTimeout(() => process.exit(0), 1_000)`
    const args = ['-C', 'paloma-source', '--import', import.meta.resolve('tsx'), '--input-type=module', '-e', program]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const [code, signal] = await new Promise<readonly unknown[]>((resolve) =>
      child.once('close', (...end) => resolve(end)),
    )
    return { code, signal, said }
  }
  expect(await ended('db.execProtocolRawSync()')).toEqual({
    ...{ code: null, signal: 'SIGKILL' },
    said: expect.stringMatching(
      /^error STORE_BROKEN: the embedded store has not come back from a statement for 0.2 s; start/,
    ),
  })
  // A program that is busy itself asks nothing of the engine.
  expect(await ended('const until = Date.now() + 800; while (Date.now() < until);')).toMatchObject({
    code: 0,
    said: '',
  })
})
