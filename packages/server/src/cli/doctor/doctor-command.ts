import { PalomaError } from '@paloma/core'
import { Command } from 'commander'
import { type Output, printReport, processOutput, type Report } from '../print/index.ts'
import type { DoctorDeps } from './contract.ts'
import { type DoctorFlags, examine } from './examine.ts'
import { type Finding, HEALTHS } from './finding.ts'

/** `paloma doctor`: looks at a set-up without changing it, and says what to do. Fails when a check does. */
export function doctorCommand(deps: DoctorDeps, output: Output = processOutput): Command {
  return new Command('doctor')
    .description('examine a set-up: configuration, store, network, channels; fails when something will not work')
    .option('--config <file>', 'configuration; default: paloma.config.{ts,mjs,json} here')
    .option('--data-dir <dir>', 'embedded store and history')
    .option('--database-url <url>', 'PostgreSQL instead of the embedded store')
    .option('--host <host>')
    .option('--port <port>')
    .option('--public-url <url>', 'where the server is reached from outside')
    .option('--json', 'print one JSON object on stdout', false)
    .action(async (flags: DoctorFlags & { readonly json: boolean }) => {
      const findings = await examine(flags, deps)
      printReport(output, doctorReport(findings), flags.json)
      const count = countOf(findings, 'failed')
      if (count === 0) return
      throw new PalomaError('DOCTOR_FAILED', `${count} of ${findings.length} checks failed`)
    })
}

function countOf(findings: readonly Finding[], health: Finding['health']): number {
  return findings.filter((finding) => finding.health === health).length
}

/** One line per finding, and beneath it what to do. */
export function doctorReport(findings: readonly Finding[]): Report {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.map(({ check, health, found, remedy }) => {
    const line = `  ${health.padEnd(7)}  ${check.padEnd(width)}  ${found.replaceAll('\n', '\n'.padEnd(width + 14))}`
    return remedy === null ? line : `${line}\n${''.padEnd(width + 13)}→ ${remedy}`
  })
  const counts = HEALTHS.map((health) => `${countOf(findings, health)} ${health}`)
  const data = { isWell: countOf(findings, 'failed') === 0, findings }
  return { data, text: `${lines.join('\n')}\n\n${findings.length} checks: ${counts.join(', ')}` }
}
