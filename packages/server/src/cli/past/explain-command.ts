import { PalomaError } from '@paloma/core'
import { Command } from 'commander'
import { type Connect, type ConnectionFlags, withConnection, withConnectionFlags } from '../connection/index.ts'
import { type Output, processOutput } from '../print/index.ts'
import { explanationReport } from './explanation-report.ts'

/** `paloma explain DECISION_ID`: why a decision fell as it did. */
export function explainCommand(connect: Connect, output: Output = processOutput): Command {
  const command = new Command('explain')
    .description('why a decision fell as it did: every action with its probability, score and value')
    .argument('<decision>', 'its id')
  return withConnectionFlags(command).action((id: string, flags: ConnectionFlags) =>
    withConnection({ connect, output, flags }, async ({ decisions, place }) => {
      const explanation = await decisions.explain(checkedId(id))
      if (explanation === undefined) throw unknownDecision(id, place)
      return explanationReport(explanation)
    }),
  )
}

const MAX_ID = 256

/** The id of a decision as it may be given. Throws USAGE. */
export function checkedId(id: string): string {
  if (id !== '' && id.length <= MAX_ID) return id
  throw new PalomaError('USAGE', `the id of a decision has 1 to ${MAX_ID} characters, got ${id.length}`)
}

/** The failure for an id that the log does not have. */
export function unknownDecision(id: string, place: string): PalomaError {
  return new PalomaError('DECISION_NOT_FOUND', `${place} has no decision "${id}"`, {
    hint: 'decisions older than retention.storeDays are deleted, where the configuration sets it',
  })
}
