// Gives a program this one's place. Plain Node, because it must work before anything is installed.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** A terminal sends Ctrl-C to the program as well; a second one would cut its goodbye short. */
const isInTerminal = () => [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY === true)

/** Runs Node with these arguments, hands on what it is told to do, and answers its exit code when it has ended. */
export function hand(args) {
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  process.on('SIGINT', () => {
    if (!isInTerminal()) child.kill('SIGINT')
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
}
