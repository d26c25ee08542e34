import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const LOG = fileURLToPath(new URL('../LOG.md', import.meta.url))
const FIRST_ENTRY = /^## /m

/** The flags all benchmarks share, and those of one; `positionals` are the arguments it must be given, by `names`. */
export function flagsOf(options, names = []) {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean', default: false }, log: { type: 'string' }, ...options },
    allowPositionals: names.length > 0,
  })
  if (positionals.length !== names.length)
    throw new RangeError(`expected ${names.join(' ') || 'no arguments'}, got ${positionals.join(' ') || 'nothing'}`)
  return { ...values, positionals }
}

/** A Markdown table of rows of cells, the first row its head. */
export function table(rows) {
  const [head, ...body] = rows
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...body.map(line)].join('\n')
}

function whereOf({ cpu, cores, memoryGiB, node, platform, loadAverage, commit }) {
  return `Commit ${commit}; ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}; Node ${node}; load average ${loadAverage.join(' ')}.`
}

/** One result as Markdown: what, by which command, where, the figures, remarks. */
function markdownOf({ title, command, machine, body, remarks = [] }) {
  const parts = [
    `## ${machine.at.slice(0, 10)}: ${title}`,
    `\`${command}\` at ${machine.at.slice(11, 16)} UTC. ${whereOf(machine)}`,
    body,
  ]
  return `${[...parts, ...remarks].join('\n\n')}\n`
}

function addToLog(entry) {
  const text = readFileSync(LOG, 'utf8')
  const at = FIRST_ENTRY.exec(text)?.index ?? text.length
  writeFileSync(LOG, `${text.slice(0, at)}${entry}\n${text.slice(at)}`)
}

/** Prints a result as Markdown or JSON; `--log "remark"` also puts it on top of LOG.md, with the remark. */
export function publish(result, { json, log }) {
  const remarks = [...(result.remarks ?? []), ...(log === undefined || log === '' ? [] : [log])]
  const markdown = markdownOf({ ...result, remarks })
  if (log !== undefined) addToLog(markdown)
  process.stdout.write(json ? `${JSON.stringify({ ...result, remarks }, null, 2)}\n` : markdown)
}
