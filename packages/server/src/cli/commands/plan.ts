import { Command } from 'commander'
import {
  hasPast,
  type LearnedCampaign,
  learnCampaign,
  parseCampaignMapping,
  planCampaign,
  planColumns,
  planRows,
  summarisePlan,
} from '../../usecases/campaign/index.ts'
import { type Output, printReport, processOutput } from '../print/index.ts'
import { type TableRow, writeTable } from '../table/index.ts'
import { loadLearned, loadRows } from './campaign-files.ts'
import { type PlanFlags, policyOf, withPlanFlags } from './plan-options.ts'
import { planReport } from './plan-report.ts'

/**
 * `paloma plan FILE --learned learned.json --limit email=N --out plan.csv`: one action for every user of a table. The way
 * of planning is checked on `--history`, or on FILE itself where it holds what was done and what followed.
 */
export function planCommand(output: Output = processOutput): Command {
  const command = new Command('plan')
    .description('decide who gets which message, within limits, and write a decision file')
    .argument('<file>', 'the users, one a row, with the features that were learned')
    .requiredOption('--learned <file>', 'what paloma import learned')
    .option('--history <file>', 'a past campaign to check the plan on, if FILE is not one')
  return withPlanFlags(command).action(
    async (file: string, flags: PlanFlags & { readonly learned: string; readonly history?: string }) => {
      const learned = await loadLearned(flags.learned)
      const rows = await loadRows(file, output)
      const past = flags.history === undefined ? pastIn(learned, rows) : await loadRows(flags.history, output)
      await writePlan(learned, { rows, past }, { flags, output })
    },
  )
}

/** A command that learns from a past campaign and plans the same users again, by a mapping of its own. */
export function campaignCommand(
  campaign: { readonly name: string; readonly mapping: unknown },
  output: Output = processOutput,
): Command {
  const command = new Command(campaign.name)
    .description('learn from a past randomised campaign and plan the same users again')
    .argument('<file>', 'the table of the past campaign, one row a user')
  return withPlanFlags(command).action(async (file: string, flags: PlanFlags) => {
    const mapping = parseCampaignMapping(campaign.mapping, campaign.name)
    const rows = await loadRows(file, output)
    await writePlan(learnCampaign(mapping, rows), { rows, past: rows }, { flags, output })
  })
}

function pastIn(learned: LearnedCampaign, rows: readonly TableRow[]): readonly TableRow[] | null {
  const first = rows[0]
  return first !== undefined && hasPast(learned.mapping, first) ? rows : null
}

async function writePlan(
  learned: LearnedCampaign,
  tables: { readonly rows: readonly TableRow[]; readonly past: readonly TableRow[] | null },
  how: { readonly flags: PlanFlags; readonly output: Output },
): Promise<void> {
  const { flags, output } = how
  const plan = planCampaign(learned, tables.rows, { limits: flags.limit, policy: policyOf(flags), seed: flags.seed })
  const summary = summarisePlan(learned, plan, tables)
  await writeTable(flags.out, planColumns(plan, { withProbabilities: flags.probabilities }), planRows(plan))
  printReport(output, planReport(summary, flags.out), flags.json)
}
