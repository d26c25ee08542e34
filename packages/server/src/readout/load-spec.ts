import { readFile } from 'node:fs/promises'
import { PalomaError } from '@paloma/core'
import { parse, YAMLParseError } from 'yaml'
import { issuesOf } from '../config/issues.ts'
import type { FileSpec } from './contract.ts'
import { fileSpecSchema } from './spec-schema.ts'

/** The spec in a YAML or JSON file. Throws SPEC_NOT_FOUND, SPEC_UNREADABLE, or SPEC_INVALID with every fault. */
export async function loadSpec(path: string): Promise<FileSpec> {
  return parseSpec(await loadDocument(path), path)
}

/** What stands in a YAML or JSON file, not yet checked. Throws SPEC_NOT_FOUND or SPEC_UNREADABLE. */
export async function loadDocument(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new PalomaError('SPEC_NOT_FOUND', `${path}: the spec is not there or not readable`, {
      hint: 'check the path',
      cause,
    })
  })
  return parseYaml(text, path)
}

/** A spec from outside data; `name` says in messages where it came from. Throws SPEC_INVALID with every fault. */
export function parseSpec(value: unknown, name: string): FileSpec {
  const parsed = fileSpecSchema.safeParse(value, { reportInput: true })
  if (parsed.success) return parsed.data
  const issues = issuesOf(parsed.error)
  const lines = issues.map(({ pointer, detail }) => `${pointer === '' ? '/' : pointer} ${detail}`)
  throw new PalomaError('SPEC_INVALID', `${name}: ${lines.join('; ')}`, {
    hint: 'docs/guide/experiments-analyse.md lists what a spec may say',
    ...(issues[0] === undefined ? {} : { pointer: issues[0].pointer }),
  })
}

function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text)
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) throw cause
    throw new PalomaError('SPEC_UNREADABLE', `${path}: ${cause.message.split('\n')[0]}`, { cause })
  }
}
