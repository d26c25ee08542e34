import { Command } from 'commander'
import {
  type LearnedCampaign,
  learnCampaign,
  refusedInWords,
  type TakenAsStated,
  takenAsStated,
} from '../../usecases/campaign/index.ts'
import { alignTable, type Output, printReport, processOutput, type Report, showNumber } from '../print/index.ts'
import { loadMapping, loadRows, saveLearned } from './campaign-files.ts'

interface ImportOptions {
  readonly mapping: string
  readonly out: string
  readonly json: boolean
}

/** `paloma import FILE --mapping campaign.config.ts`: learns from a table of a past randomised campaign. */
export function importCommand(output: Output = processOutput): Command {
  return new Command('import')
    .description('learn from a table of a past randomised campaign (CSV, JSONL or Parquet, also .gz)')
    .argument('<file>', 'the table, one row a user')
    .requiredOption('--mapping <file>', 'which column means what: campaign.config.ts, .mjs or .json')
    .option('--out <file>', 'where to keep what was learned', 'learned.json')
    .option('--json', 'print one JSON object on stdout', false)
    .action(async (file: string, options: ImportOptions) => {
      const mapping = await loadMapping(options.mapping)
      const rows = await loadRows(file, output)
      const learned = learnCampaign(mapping, rows)
      // Rows were left out by what was done, so that the others no longer are as stated.
      const isWhole = Object.keys(learned.refused).length === 0
      const taken = isWhole ? takenAsStated(mapping, rows) : null
      await saveLearned(options.out, learned)
      printReport(output, importReport(learned, taken, options.out), options.json)
    })
}

function importReport(learned: LearnedCampaign, taken: TakenAsStated | null, out: string): Report {
  const priors = Object.entries(learned.priors).map(([objective, prior]) => [
    objective,
    showNumber(prior.interactionSd),
  ])
  const table = alignTable(['objective', 'interaction sd'], priors)
  const { refused } = learned
  const { rows } = learned
  const data = {
    rows,
    refused,
    sampleRatio: taken?.test ?? null,
    features: learned.features.length,
    priors: learned.priors,
    out,
  }
  const left = Object.keys(refused).length === 0 ? '' : `\nRows left out, with the reason: ${refusedInWords(refused)}.`
  const text = `Learned from ${showNumber(learned.rows)} rows, ${learned.features.length} features, into ${out}.${left}
${mismatchText(taken)}How widely users may differ in effect, by the data, in units of the noise:
${table}`
  return { data, text }
}

function mismatchText(taken: TakenAsStated | null): string {
  if (taken?.test.kind !== 'test' || !taken.test.isMismatch) return ''
  const rows = taken.actions.map((action) => [
    action.value,
    showNumber(action.taken),
    showNumber(Math.round(action.expected)),
  ])
  return `The actions were not taken as often as the probabilities in the mapping say (p = ${showNumber(taken.test.pValue)}). Find out why before you believe anything learned:
${alignTable(['action', 'taken', 'expected'], rows)}
`
}
