// One classification set as rows of features and the place of their class: `class,feature,…`, gzipped.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'

/**
 * Reads a set. A first line whose features are all no numbers is a header. Throws a RangeError that names file, line and
 * field of the first fault; features outside [0, 1] are taken, and counted in `outside`.
 */
export function readSet(path) {
  const file = basename(path)
  const lines = linesOf(path, file)
  const first = isHeader(lines[0]) ? 1 : 0
  const width = lines[first]?.split(',').length ?? 0
  if (width === 0 || lines.length === first) throw new RangeError(`${file}: must have at least one row, got none`)
  const labels = []
  const contexts = lines.slice(first).map((line, i) => {
    const { label, context } = rowOf(line, { file, line: first + i + 1, width })
    labels.push(label)
    return context
  })
  const classes = [...new Set(labels)].sort()
  const places = new Map(classes.map((label, i) => [label, i]))
  return {
    name: file.replace(/\.csv\.gz$/, ''),
    contexts,
    classes: Int32Array.from(labels, (label) => places.get(label)),
    actions: classes.length,
    features: width - 1,
    outside: contexts.filter((context) => context.some((value) => value < 0 || value > 1)).length,
  }
}

function linesOf(path, file) {
  let text
  try {
    text = gunzipSync(readFileSync(path)).toString('utf8')
  } catch (cause) {
    throw new RangeError(`${file}: must be gzipped text, got ${cause.message}`, { cause })
  }
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  while (lines.length > 0 && lines.at(-1).trim() === '') lines.pop()
  return lines
}

function isHeader(line) {
  const cells = (line ?? '').split(',').slice(1)
  return cells.length > 0 && cells.every((cell) => cell.trim() !== '' && Number.isNaN(Number(cell)))
}

function rowOf(text, { file, line, width }) {
  const cells = text.split(',')
  if (cells.length !== width) {
    throw new RangeError(`${file}, line ${line}: must have ${width} fields, got ${cells.length}`)
  }
  const label = cells[0].trim()
  if (label === '') throw new RangeError(`${file}, line ${line}, field 1: must be a class, got nothing`)
  const context = new Float64Array(width - 1)
  for (let i = 1; i < width; i++) {
    const value = cells[i].trim() === '' ? Number.NaN : Number(cells[i])
    if (!Number.isFinite(value)) {
      throw new RangeError(`${file}, line ${line}, field ${i + 1}: must be a finite number, got "${cells[i]}"`)
    }
    context[i - 1] = value
  }
  return { label, context }
}
