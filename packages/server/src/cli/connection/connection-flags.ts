import { PalomaError } from '@paloma/core'
import type { Command } from 'commander'
import { type Output, printReport, type Report } from '../print/index.ts'
import type { Connect, Connection, ConnectionOptions } from './contract.ts'

/** The flags of every command that works on a server or on its store. */
export interface ConnectionFlags extends ConnectionOptions {
  readonly json: boolean
}

/** Adds where to go, and `--json`. */
export function withConnectionFlags(command: Command): Command {
  return withPlaceFlags(command).option('--json', 'print one JSON object on stdout', false)
}

/** Adds where to go. */
export function withPlaceFlags(command: Command): Command {
  return command
    .option('--url <url>', 'a running server (PALOMA_URL)')
    .option('--key <key>', 'its API key (PALOMA_KEY)')
    .option('--data-dir <dir>', 'without a server: the embedded store (PALOMA_DATA_DIR)')
    .option('--database-url <url>', 'without a server: PostgreSQL (DATABASE_URL)')
}

/** What a command does once it is connected. */
export interface ConnectedTask {
  readonly connect: Connect
  readonly output: Output
  readonly flags: ConnectionFlags
  /** Whether a store that is not there may be made. */
  readonly mayCreate?: boolean
}

/** Connects, works, prints what came out, and lets go in any case. Throws `failure` of the report after printing. */
export async function withConnection(
  { connect, output, flags, mayCreate = false }: ConnectedTask,
  work: (connection: Connection) => Promise<Report & { readonly failure?: PalomaError }>,
): Promise<void> {
  if (flags.url !== undefined && (flags.dataDir ?? flags.databaseUrl) !== undefined) {
    throw new PalomaError('USAGE', '--url and --data-dir or --database-url exclude each other', {
      hint: 'ask the server (--url), or its store while no server runs',
    })
  }
  const connection = await connect(flags, { mayCreate })
  try {
    const report = await work(connection)
    printReport(output, report, flags.json)
    if (report.failure !== undefined) throw report.failure
  } finally {
    await connection.close()
  }
}
