import { PalomaError } from '@paloma/core/domain'
import { LineCounter, parseDocument } from 'yaml'

/**
 * A JSON file that somebody wrote by hand: a byte order mark is no part of it, a fault is told with line and column, and
 * a name that stands twice in one object is one (JSON alone would take the latter and say nothing). Throws CONFIG_UNREADABLE.
 */
export function readJson(written: string, file: string): unknown {
  const text = written.replace(/^\uFEFF/, '')
  const unreadable = (reason: string, cause?: unknown): PalomaError =>
    new PalomaError('CONFIG_UNREADABLE', `${file} could not be read: ${reason}`, { cause })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw unreadable(withPlace(cause.message, text), cause)
  }
  const lines = new LineCounter()
  const twice = parseDocument(text, { lineCounter: lines, uniqueKeys: true }).errors.find(
    ({ code }) => code === 'DUPLICATE_KEY',
  )
  if (twice === undefined) return value
  const [at] = twice.pos
  const name = /^"(?:[^"\\]|\\.)*"/.exec(text.slice(at))?.[0] ?? 'a name'
  const { line, col } = lines.linePos(at)
  throw unreadable(`${name} stands twice in one object, for the second time in line ${line}, column ${col}`)
}

/** What the engine says of broken JSON, with the place as an editor shows it. */
function withPlace(message: string, text: string): string {
  const position = /at position (\d+)$/.exec(message)?.[1]
  if (position === undefined) return message
  const before = text.slice(0, Number(position)).split('\n')
  return `${message} (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`
}
