import { spawn } from 'node:child_process'
import { once } from 'node:events'

const REPORTER = new URL('./report-cpu.mjs', import.meta.url).href
const MICROSECONDS = 1e6

/**
 * A Node process of its own whose CPU time can be read, up once its output has said `isUp`.
 *
 * @returns what it printed until then, `usage()` in seconds and bytes, `stop()` by SIGTERM
 */
export async function startChild(args, { isUp, env = {}, cwd }) {
  const child = spawn(process.execPath, ['--import', REPORTER, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
    cwd,
  })
  let output = ''
  await new Promise((resolve, reject) => {
    const hear = (data) => {
      output += data
      if (isUp(output)) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}:\n${output}`)))
    child.once('error', reject)
  })
  return {
    output,
    async usage() {
      child.send('usage')
      const [{ cpu, rss }] = await once(child, 'message')
      return { cpuSeconds: (cpu.user + cpu.system) / MICROSECONDS, rss }
    },
    async stop() {
      child.removeAllListeners('exit')
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}
