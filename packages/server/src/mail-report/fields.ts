/** Fields of a header by their names in lower case; of a repeated one the first. */
export type Fields = ReadonlyMap<string, string>

/** Longest value that is read; a report needs none of such length. */
const LONGEST_VALUE = 4_096
/** More groups than recipients of any message of ours. */
const MOST_GROUPS = 100

/** Blocks of `Name: value` lines with blank lines between them, as in a header and in a delivery status (RFC 3464 §2.1). */
export function fieldGroups(text: string): readonly Fields[] {
  const unfolded = text.replace(/\r\n|\r/g, '\n').replace(/\n[ \t]+(?=\S)/g, ' ')
  const blocks = unfolded.split(/\n(?:[ \t]*\n)+/, MOST_GROUPS)
  return blocks.map(fieldsOf).filter((fields) => fields.size > 0)
}

function fieldsOf(block: string): Fields {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase()
    if (name === '' || fields.has(name)) continue
    fields.set(
      name,
      line
        .slice(colon + 1)
        .trim()
        .slice(0, LONGEST_VALUE),
    )
  }
  return fields
}
