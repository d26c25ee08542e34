import { writeFile } from 'node:fs/promises'
import { PalomaError, type PolicyArtifact } from '@paloma/core'
import { Command } from 'commander'
import { type Connect, type ConnectionFlags, withConnection, withConnectionFlags } from '../connection/index.ts'
import { alignTable, type Output, processOutput, type Report } from '../print/index.ts'

const MAX_NAME = 256

interface ExportFlags extends ConnectionFlags {
  readonly name: string
  readonly out: string
}

/** `paloma artifact export`: what a server has learned of effects, as a file that another may start from. */
export function artifactCommand(connect: Connect, output: Output = processOutput): Command {
  return new Command('artifact')
    .description('policy artifacts: what was learned of effects, as a file')
    .addCommand(exportCommand(connect, output))
}

function exportCommand(connect: Connect, output: Output): Command {
  const command = new Command('export')
    .description('write what a running server has learned, for the `artifact` of another configuration')
    .requiredOption('--name <name>', 'what the artifact is to be called')
    .requiredOption('--out <file>', 'where to write it, .json')
  return withConnectionFlags(command).action((flags: ExportFlags) => {
    if (flags.name.trim() === '' || flags.name.length > MAX_NAME) {
      throw new PalomaError('USAGE', `--name must have 1 to ${MAX_NAME} characters, got ${flags.name.length}`)
    }
    return withConnection({ connect, output, flags }, async ({ policies }) => {
      const artifact = await policies.artifact(flags.name)
      await writeFile(flags.out, `${JSON.stringify(artifact, null, 2)}\n`)
      return exportReport(artifact, flags.out)
    })
  })
}

function exportReport({ name, inputs, layers, objectives }: PolicyArtifact, file: string): Report {
  const told = Object.entries(objectives)
  const rows = told.map(([objective, { scaleSd, residualSd }]) => [
    objective,
    `± ${scaleSd}`,
    `± ${residualSd.toPrecision(2)}`,
  ])
  const text = `Wrote ${file}: the artifact ${name}, ${inputs.action.length} columns of sends, ${layers.length} layers.

${alignTable(['objective', 'as a whole', 'by feature'], rows)}

A server starts from it with "artifact": "${file}" in its configuration.`
  return {
    data: { name, file, columns: inputs.action.length, layers: layers.length, objectives: told.map(([each]) => each) },
    text,
  }
}
