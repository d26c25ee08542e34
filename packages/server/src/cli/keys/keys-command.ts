import { PalomaError } from '@paloma/core'
import { Command } from 'commander'
import { SCOPES, type Scope } from '../../usecases/contract.ts'
import { type Connect, type ConnectionFlags, withConnection, withConnectionFlags } from '../connection/index.ts'
import { type Output, processOutput } from '../print/index.ts'
import { createdReport, listReport } from './keys-report.ts'

const MAX_NAME = 256

/** `paloma keys create | list | revoke`: the API keys of a server or of its store. */
export function keysCommand(connect: Connect, output: Output = processOutput): Command {
  return new Command('keys')
    .description('create, list and revoke API keys')
    .addCommand(createCommand(connect, output))
    .addCommand(listCommand(connect, output))
    .addCommand(revokeCommand(connect, output))
}

function createCommand(connect: Connect, output: Output): Command {
  const command = new Command('create')
    .description('make a key; its secret is shown this once')
    .requiredOption('--name <name>', 'who it is for')
    .requiredOption('--scopes <list>', `what it may do: ${SCOPES.join(',')} or all`)
  return withConnectionFlags(command).action(
    async (flags: ConnectionFlags & { readonly name: string; readonly scopes: string }) => {
      const name = nameOf(flags.name)
      const scopes = scopesOf(flags.scopes)
      await withConnection({ connect, output, flags, mayCreate: true }, async ({ keys }) =>
        createdReport(await keys.create(name, scopes)),
      )
    },
  )
}

function listCommand(connect: Connect, output: Output): Command {
  const command = new Command('list').description('show all keys, without their secrets')
  return withConnectionFlags(command).action((flags: ConnectionFlags) =>
    withConnection({ connect, output, flags }, async ({ keys, place }) => listReport(await keys.list(), place)),
  )
}

function revokeCommand(connect: Connect, output: Output): Command {
  const command = new Command('revoke')
    .description('make a key invalid for good; running servers notice within seconds')
    .argument('<id>', 'as keys list shows it')
  return withConnectionFlags(command).action((id: string, flags: ConnectionFlags) =>
    withConnection({ connect, output, flags }, async ({ keys, place }) => {
      if (await keys.revoke(id)) return { data: { id, revoked: true }, text: `Revoked ${id}.` }
      throw new PalomaError('KEY_NOT_FOUND', `${place} has no valid key "${id}"`, { hint: 'paloma keys list' })
    }),
  )
}

function nameOf(text: string): string {
  const name = text.trim()
  if (name !== '' && name.length <= MAX_NAME) return name
  throw new PalomaError('USAGE', `--name must have 1 to ${MAX_NAME} characters, got ${name.length}`)
}

function scopesOf(text: string): readonly Scope[] {
  if (text.trim() === 'all') return SCOPES
  const given = text.split(',').map((part) => part.trim())
  const unknown = given.find((part) => !SCOPES.some((scope) => scope === part))
  if (unknown !== undefined) {
    throw new PalomaError('USAGE', `--scopes must be all or some of ${SCOPES.join(',')}, got "${unknown}"`)
  }
  return SCOPES.filter((scope) => given.includes(scope))
}
