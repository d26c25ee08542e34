import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PalomaError } from '@paloma/core'
import { tsImport } from 'tsx/esm/api'
import {
  type CampaignMapping,
  type LearnedCampaign,
  learnedFromText,
  learnedToText,
  parseCampaignMapping,
} from '../../usecases/campaign/index.ts'
import type { Output } from '../print/index.ts'
import { progressLine } from '../progress/index.ts'
import { readTable, type TableRow } from '../table/index.ts'

/** The mapping in a `.ts`, `.mjs` or `.json` file; throws CAMPAIGN_MAPPING for one that is missing or wrong. */
export async function loadMapping(path: string): Promise<CampaignMapping> {
  const file = resolve(path)
  return parseCampaignMapping(await readMapping(file), path)
}

async function readMapping(file: string): Promise<unknown> {
  const ending = extname(file)
  if (!['.ts', '.mjs', '.js', '.json'].includes(ending)) {
    throw new PalomaError('CAMPAIGN_MAPPING', `${file} must end in .ts, .mjs or .json, got '${ending}'`)
  }
  try {
    if (ending === '.json') return JSON.parse(await readFile(file, 'utf8'))
    return unwrapDefault(await tsImport(pathToFileURL(file).href, import.meta.url))
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new PalomaError('CAMPAIGN_MAPPING', `${file} cannot be read: ${detail}`, {
      hint: 'the file exports the mapping as its default',
      cause,
    })
  }
}

/** A `.ts` file in a CommonJS package arrives with its default export wrapped once more. */
function unwrapDefault(module: unknown): unknown {
  const member = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && 'default' in value ? value.default : undefined
  return member(member(module)) ?? member(module)
}

/** Reads what `paloma import` learned; throws CAMPAIGN_LEARNED for anything else. */
export async function loadLearned(path: string): Promise<LearnedCampaign> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new PalomaError('CAMPAIGN_LEARNED', `${path}: cannot be read (${cause.code ?? cause.message})`, {
      hint: 'make it with paloma import',
      cause,
    })
  })
  return learnedFromText(text, path)
}

/** Writes what was learned as a whole file or not at all. */
export async function saveLearned(path: string, learned: LearnedCampaign): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    await writeFile(temporary, learnedToText(learned))
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true })
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new PalomaError('TABLE_UNWRITABLE', `${path}: cannot be written (${code})`, { cause })
  }
}

/** All rows of a table, with progress. */
export async function loadRows(path: string, output: Output): Promise<readonly TableRow[]> {
  const progress = progressLine(output)
  const rows: TableRow[] = []
  for await (const batch of readTable(path)) {
    for (const row of batch) rows.push(row)
    progress.update(`${path}: ${rows.length.toLocaleString('en-US')} rows`)
  }
  progress.done()
  return rows
}
