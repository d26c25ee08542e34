import { mkdir } from 'node:fs/promises'
import { PalomaError } from '@paloma/core/domain'

/** Makes the directory of a log where it is not there. Throws LOG_UNWRITABLE. */
export async function makeLogDirectory(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new PalomaError('LOG_UNWRITABLE', `${dir}: cannot be made (${cause.code ?? 'unknown'})`, { cause })
  })
}
