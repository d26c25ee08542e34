import { Command } from 'commander'
import { type LearnedCampaign, learnCampaign, refusedInWords } from '../../usecases/campaign/index.ts'
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
      const learned = learnCampaign(mapping, await loadRows(file, output))
      await saveLearned(options.out, learned)
      printReport(output, importReport(learned, options.out), options.json)
    })
}

function importReport(learned: LearnedCampaign, out: string): Report {
  const priors = Object.entries(learned.priors).map(([objective, prior]) => [
    objective,
    showNumber(prior.interactionSd),
  ])
  const table = alignTable(['objective', 'interaction sd'], priors)
  const { refused } = learned
  const data = { rows: learned.rows, refused, features: learned.features.length, priors: learned.priors, out }
  const left = Object.keys(refused).length === 0 ? '' : `\nRows left out, with the reason: ${refusedInWords(refused)}.`
  const text = `Learned from ${showNumber(learned.rows)} rows, ${learned.features.length} features, into ${out}.${left}
How widely users may differ in effect, by the data, in units of the noise:
${table}`
  return { data, text }
}
