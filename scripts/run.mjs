// The two commands of the README, and the examples: installs and builds what is missing, then runs. Plain Node, no
// dependency, because it must work before anything is installed.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hand } from './hand.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [task, ...rest] = process.argv.slice(2)

function say(text) {
  process.stderr.write(`${text}\n`)
}

/** Runs a step; its output goes to stderr, so that stdout stays the task's own. */
function step(title, command, args) {
  say(`· ${title}`)
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    say(`${title} failed: ${command} ${args.join(' ')} exited with ${status}`)
    process.exit(1)
  }
}

function prepare() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    say(`Paloma needs Node 20.19 or newer, this is ${process.versions.node}`)
    process.exit(1)
  }
  const marker = join(root, 'node_modules', '.package-lock.json')
  const isStale = !existsSync(marker) || statSync(marker).mtimeMs < statSync(join(root, 'package-lock.json')).mtimeMs
  if (isStale) step('installing packages', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  step('building', process.execPath, [
    join(root, 'scripts/tsc.mjs'),
    '-b',
    'packages/core',
    'packages/server',
    'packages/sdk',
    'examples',
  ])
}

/** Whether a file of the console was written after it was built last. */
function isConsoleStale() {
  const built = join(root, 'packages/console/dist/index.html')
  if (!existsSync(built)) return true
  const { mtimeMs } = statSync(built)
  const sources = join(root, 'packages/console/src')
  const files = readdirSync(sources, { recursive: true }).map((name) => join(sources, name))
  return [join(root, 'packages/console/index.html'), ...files].some((file) => statSync(file).mtimeMs > mtimeMs)
}

function buildConsole() {
  if (!isConsoleStale()) return
  step('building the console', 'npm', ['run', 'build', '--workspace', '@paloma/console', '--loglevel=error'])
}

prepare()
switch (task) {
  case 'demo':
    buildConsole()
    process.exitCode = await hand([join(root, 'packages/server/dist/main.js'), 'demo', ...rest])
    break
  case 'serve':
    buildConsole()
    process.exitCode = await hand([join(root, 'packages/server/dist/main.js'), 'serve', ...rest])
    break
  case 'paloma':
    process.exitCode = await hand([join(root, 'packages/server/dist/main.js'), ...rest])
    break
  case 'test':
    process.exitCode = await hand([join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', root, ...rest])
    break
  case 'example:hillstrom':
    process.exitCode = await hand([join(root, 'examples/dist/hillstrom/run.js'), ...rest])
    break
  default:
    say(`unknown task ${task}: expected demo, serve, paloma, test or example:hillstrom`)
    process.exit(2)
}
