import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { PalomaError } from '@paloma/core/domain'
import { POLICIES, SCENARIOS, type Scenario } from '@paloma/core/simulation'
import { Command, Option } from 'commander'
import { type Output, printReport, processOutput, requireOutputFolder, writeOutputFile } from '../print/index.ts'
import { progressLine } from '../progress/index.ts'
import { type CompareOptions, type Comparison, comparePolicies } from './compare.ts'
import { renderComparison } from './comparison-report.ts'
import { comparisonText, listText } from './comparison-text.ts'
import { LOG_POLICIES, type LogPolicy } from './log/log-config.ts'
import { writeCampaign } from './log/write-campaign.ts'
import { LOG_FORMATS, type LogFormat, writeLog } from './log/write-log.ts'
import type { PolicyChoice } from './run-task.ts'
import { loadScenario, saveScenario } from './scenario-file.ts'
import { policiesOf, policyOf, seedsOf, whole } from './simulate-options.ts'

interface SimulateFlags {
  readonly list?: true
  readonly scenario: string
  readonly save?: string
  readonly users?: number
  readonly days?: number
  readonly seed: readonly number[]
  readonly policies: readonly PolicyChoice[]
  readonly reference: PolicyChoice
  readonly workers: number
  readonly report?: string
  readonly log?: string
  readonly logPolicy: LogPolicy
  readonly logFormat: LogFormat | 'campaign'
  readonly json?: true
}

/** A world's first morning: a Monday. */
export const START_AT: number = Date.UTC(2026, 0, 5)

const USERS = 1_000
const DAYS = 60
const MAX_USERS = 1_000_000
const MAX_DAYS = 3_650
const MAX_WORKERS = 64
const DEFAULT_REFERENCE = 'cadence'
const DEFAULT_POLICIES = 'never,daily,cadence,random,myopic,oracle'

function withReference(policies: readonly PolicyChoice[], reference: PolicyChoice): readonly PolicyChoice[] {
  return policies.some(({ name }) => name === reference.name) ? policies : [reference, ...policies]
}

function optionsOf(flags: SimulateFlags, scenario: Scenario): CompareOptions {
  return {
    scenario,
    users: flags.users ?? scenario.size?.users ?? USERS,
    days: flags.days ?? scenario.size?.days ?? DAYS,
    seeds: flags.seed,
    policies: withReference(flags.policies, flags.reference),
    reference: flags.reference.name,
    startAt: START_AT,
  }
}

async function compare(options: CompareOptions, workers: number, output: Output): Promise<Comparison> {
  const line = progressLine(output)
  const { scenario, seeds, policies, users, days } = options
  const total = users * seeds.length
  line.update(`${scenario.name}: ${policies.length} policies, ${total} users, ${days} days`)
  const comparison = await comparePolicies(options, {
    workers,
    onDone: (done, tasks) => line.update(`${scenario.name}: ${done} of ${tasks} parts`),
  })
  line.done()
  return comparison
}

async function log(dir: string, flags: SimulateFlags, { scenario, output }: { scenario: Scenario; output: Output }) {
  const { users, days, seeds } = optionsOf(flags, scenario)
  const [seed = 1, ...others] = seeds
  if (others.length > 0) throw new PalomaError('USAGE', `a log has one seed, got ${seeds.join(', ')}`)
  const { logPolicy: policy, logFormat: format } = flags
  if (format === 'campaign') {
    const { rows } = await writeCampaign(dir, { scenario, users, days, seed, startAt: START_AT })
    const data = { scenario: scenario.name, users, days, seed, format, rows, log: resolve(dir) }
    const text = `${rows} users of a campaign are in ${dir}/campaign.csv, their mapping in ${dir}/campaign.config.json`
    return printReport(output, { data, text }, flags.json === true)
  }
  const line = progressLine(output)
  const written = await writeLog(dir, {
    world: { scenario, users, days, seed, startAt: START_AT },
    policy,
    format,
    onDay: (day) => line.update(`${scenario.name}: day ${day} of ${days}`),
  })
  line.done()
  const data = { scenario: scenario.name, users, days, seed, policy, format, ...written, log: resolve(dir) }
  const text = `${written.decisions} decisions and ${written.outcomes} outcomes under ${policy} are in ${dir}`
  printReport(output, { data, text }, flags.json === true)
}

async function simulate(flags: SimulateFlags, output: Output): Promise<void> {
  const isJson = flags.json === true
  if (flags.list === true) {
    const scenarios = SCENARIOS.map(({ name, about, size }) => ({ name, about, size: size ?? null }))
    return printReport(output, { data: { scenarios, policies: POLICIES }, text: listText() }, isJson)
  }
  const scenario = await loadScenario(flags.scenario)
  if (flags.save !== undefined) {
    await saveScenario(flags.save, scenario)
    const data = { scenario: scenario.name, saved: resolve(flags.save) }
    return printReport(output, { data, text: `${scenario.name} is in ${flags.save}` }, isJson)
  }
  if (flags.log !== undefined) return log(flags.log, flags, { scenario, output })
  // Before half an hour of simulating, not after it.
  if (flags.report !== undefined) await requireOutputFolder(flags.report, 'REPORT_UNWRITABLE')
  const comparison = await compare(optionsOf(flags, scenario), flags.workers, output)
  if (flags.report !== undefined) {
    await writeOutputFile(flags.report, renderComparison(comparison), 'REPORT_UNWRITABLE')
    output.note(`report: ${resolve(flags.report)}\n`)
  }
  printReport(output, { data: comparison, text: comparisonText(comparison) }, isJson)
}

/** `paloma simulate`: policies in a world whose truth is known, on the same people and the same chance. */
export function simulateCommand(output: Output = processOutput): Command {
  return new Command('simulate')
    .description('compare policies in a simulated world, user by user on the same chance')
    .option('--list', 'the scenarios and policies there are')
    .option('--scenario <name|file>', 'a name of --list, or a .json, .yaml or .yml file', 'retail')
    .option('--save <file>', 'write the scenario to a file to edit, and do nothing else')
    .option('--users <n>', `how many people; ${USERS} if the scenario says nothing`, whole('users', 1, MAX_USERS))
    .option('--days <n>', `how many days; ${DAYS} if the scenario says nothing`, whole('days', 1, MAX_DAYS))
    .option('--seed <n>', 'one seed or several: 1, 1,2,5 or 1-5', seedsOf, [1])
    .addOption(
      new Option('--policies <names>', 'names of --list or .mjs files, by commas')
        .argParser(policiesOf)
        .default(policiesOf(DEFAULT_POLICIES), DEFAULT_POLICIES),
    )
    .addOption(
      new Option('--reference <policy>', 'what the others are held against')
        .argParser(policyOf)
        .default(policyOf(DEFAULT_REFERENCE), DEFAULT_REFERENCE),
    )
    .option('--workers <n>', 'threads', whole('workers', 1, MAX_WORKERS), availableParallelism())
    .option('--report <file>', 'an HTML page with plots that needs nothing else')
    .option('--log <dir>', 'write a log of decisions and outcomes instead of comparing')
    .addOption(new Option('--log-policy <policy>', 'who decides in the log').choices(LOG_POLICIES).default('random'))
    .addOption(
      new Option(
        '--log-format <format>',
        'history: Parquet by day, as the server exports; campaign: for paloma import; else two tables',
      )
        .choices([...LOG_FORMATS, 'campaign'])
        .default('history'),
    )
    .option('--json', 'one JSON object on stdout')
    .action((flags: SimulateFlags) => simulate(flags, output))
}
