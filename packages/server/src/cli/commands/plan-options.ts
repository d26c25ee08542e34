import { CHANNELS, type Channel } from '@paloma/core'
import { type Command, InvalidArgumentError } from 'commander'
import type { BatchPolicy, ChannelLimits } from '../../usecases/campaign/index.ts'

/** Options of every command that plans a campaign. */
export interface PlanFlags {
  readonly limit: ChannelLimits
  readonly out: string
  readonly policy: PolicyName
  readonly floor: number
  readonly seed: string
  readonly probabilities: boolean
  readonly json: boolean
}

const POLICY_NAMES = ['thompson', 'greedy', 'epsilonGreedy'] as const
type PolicyName = (typeof POLICY_NAMES)[number]

const DEFAULT_FLOOR = 0.02

/** Adds the options of PlanFlags to a command. */
export function withPlanFlags(command: Command): Command {
  return command
    .option('--limit <channel=sends>', 'at most so many sends on a channel; may be repeated', addLimit, {})
    .requiredOption('--out <file>', 'the decision file: .csv, .jsonl or .parquet')
    .option(
      '--policy <name>',
      `how scores become probabilities: ${POLICY_NAMES.join(', ')}`,
      parsePolicyName,
      'thompson',
    )
    .option('--floor <share>', 'share of probability kept equal among the actions', parseFloor, DEFAULT_FLOOR)
    .option('--seed <text>', 'the same seed gives the same plan', '1')
    .option('--probabilities', 'add a column p_<action> for every action', false)
    .option('--json', 'print the summary as one JSON object on stdout', false)
}

/** The policy that the flags name. */
export function policyOf(flags: Pick<PlanFlags, 'policy' | 'floor'>): BatchPolicy {
  if (flags.policy === 'thompson') return { kind: 'thompson', floor: flags.floor, sharpness: 1 }
  if (flags.policy === 'greedy') return { kind: 'greedy', floor: flags.floor }
  return { kind: 'epsilonGreedy', epsilon: flags.floor }
}

function addLimit(text: string, before: ChannelLimits): ChannelLimits {
  const [name = '', count = ''] = text.split('=')
  const channel = CHANNELS.find((known): known is Channel => known === name)
  if (channel === undefined)
    throw new InvalidArgumentError(`expected a channel of ${CHANNELS.join(', ')}, e.g. email=20000.`)
  if (!/^\d+$/.test(count)) throw new InvalidArgumentError('expected a whole number of sends, e.g. email=20000.')
  return { ...before, [channel]: Number(count) }
}

function parsePolicyName(text: string): PolicyName {
  const name = POLICY_NAMES.find((known) => known === text)
  if (name === undefined) throw new InvalidArgumentError(`expected one of ${POLICY_NAMES.join(', ')}.`)
  return name
}

function parseFloor(text: string): number {
  const floor = Number(text)
  if (text.trim() === '' || !(floor >= 0 && floor < 1)) throw new InvalidArgumentError('expected a share in [0, 1).')
  return floor
}
