import { access, constants, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { PalomaError } from '@paloma/core'

/** Writes a file that a flag names. Throws a PalomaError of this code that says why it cannot be written. */
export async function writeOutputFile(path: string, text: string, code: string): Promise<void> {
  await writeFile(path, text).catch(unwritable(path, code))
}

/** Throws the same before long work rather than after it, where the folder is not there or takes nothing. */
export async function requireOutputFolder(path: string, code: string): Promise<void> {
  await access(dirname(resolve(path)), constants.W_OK).catch(unwritable(path, code))
}

function unwritable(path: string, code: string): (cause: NodeJS.ErrnoException) => never {
  return (cause) => {
    throw new PalomaError(code, `${path}: cannot be written (${cause.code ?? 'unknown'})`, { cause })
  }
}
