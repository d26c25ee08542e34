import {
  ANSWERS,
  type Channel,
  lossNamed,
  outcomesNamed,
  PalomaError,
  type PolicyArtifact,
  type ReachLoss,
  type SlowHazards,
  type SlowPart,
} from '@paloma/core'
import { Command } from 'commander'
import { type Connect, type ConnectionFlags, withConnection, withConnectionFlags } from '../connection/index.ts'
import { alignTable, type Output, processOutput, type Report, writeOutputFile } from '../print/index.ts'

const MAX_NAME = 256

interface ExportFlags extends ConnectionFlags {
  readonly name: string
  readonly out: string
}

/** `paloma artifact export`: what a server has learned, as a file that another may start from. */
export function artifactCommand(connect: Connect, output: Output = processOutput): Command {
  return new Command('artifact')
    .description('policy artifacts: what was learned, as a file')
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
      await writeOutputFile(flags.out, `${JSON.stringify(artifact, null, 2)}\n`, 'ARTIFACT_UNWRITABLE')
      return exportReport(artifact, flags.out)
    })
  })
}

type Believed = Pick<SlowPart, 'scaleSd' | 'residualSd'>

/** Everything that an artifact tells, by name, with how far it is to be believed. */
function partsOf({ answers, objectives }: PolicyArtifact): readonly (readonly [string, Believed | undefined])[] {
  return [
    [ANSWERS, answers],
    ...Object.entries(objectives).flatMap(([name, told]): readonly (readonly [string, Believed | undefined])[] => {
      if (told.model === 'hazard') return lossesOf(told)
      if (told.model !== 'response') return [[name, told]]
      return [
        [outcomesNamed(name), told.outcomes],
        [`${name} beside`, told.beside],
      ]
    }),
  ]
}

function lossesOf({ losses }: SlowHazards): readonly (readonly [string, Believed])[] {
  return Object.entries(losses).flatMap(([channel, causes]) =>
    Object.entries(causes).map(([cause, told]) => [lossNamed(channel as Channel, cause as ReachLoss), told] as const),
  )
}

function exportReport(artifact: PolicyArtifact, file: string): Report {
  const { name, inputs, layers, objectives } = artifact
  const rows = partsOf(artifact).flatMap(([told, believed]) =>
    believed === undefined ? [] : [[told, `± ${believed.scaleSd}`, `± ${believed.residualSd.toPrecision(2)}`]],
  )
  const text = `Wrote ${file}: the artifact ${name}, ${inputs.action.length} columns of sends, ${layers.length} layers.

${alignTable(['what', 'as a whole', 'by feature'], rows)}

A server starts from it with "artifact": "${file}" in its configuration.`
  return {
    data: { name, file, columns: inputs.action.length, layers: layers.length, objectives: Object.keys(objectives) },
    text,
  }
}
