import { readSourceTree } from '../architecture/source-tree.ts'

/** Rows whose first cell is a name in code: `` | `hold` | … | ``. */
const CODE_NAME = /^\|\s*`([^`]+)`\s*\|/gm

/** Names that the glossary says are in the code. */
export function codeNamesOf(glossary: string): readonly string[] {
  return [...glossary.matchAll(CODE_NAME)].map(([, name = '']) => name)
}

/** Names in the glossary that no source file has. */
export function findGlossaryFaults(glossary: string): readonly string[] {
  const sources = readSourceTree().modules.map(({ syntax }) => syntax.text)
  return codeNamesOf(glossary)
    .filter((name) => !sources.some((text) => new RegExp(`\\b${name}\\b`).test(text)))
    .map((name) => `GLOSSARY.md names ${name} as code, which no source has`)
}
