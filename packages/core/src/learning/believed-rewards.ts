import type { Channel, MessageEvidence, MessageSettings, OfferedMessages } from '../domain/index.ts'
import { type MessageBeliefs, type MessageTraits, messageBeliefs } from './message-beliefs.ts'

/** A constant, then what is known of a message beforehand, in the order of the traits' names; unknown traits are 0. */
export function messageTraits({ traits }: Pick<MessageSettings, 'traits'>): MessageTraits {
  const names = [...new Set(Object.values(traits).flatMap((bag) => Object.keys(bag)))].sort()
  return (message) => [1, ...names.map((name) => (Object.hasOwn(traits, message) ? (traits[message]?.[name] ?? 0) : 0))]
}

/** By objective, what is believed of single messages. */
export type BelievedMessages = ReadonlyMap<string, MessageBeliefs>

/** What a state believes of single messages. */
export function believedMessages(settings: MessageSettings, evidence: MessageEvidence): BelievedMessages {
  const traitsOf = messageTraits(settings)
  const objectives = Object.entries(evidence.objectives ?? {}).filter(([name]) => settings.beliefs.includes(name))
  return new Map(objectives.map(([name, known]) => [name, messageBeliefs(known, traitsOf)]))
}

/** A reward without what is believed of the messages on offer: heads learn what is left, so that nothing counts twice. */
export function rewardBeyondBeliefs(
  reward: number,
  beliefs: MessageBeliefs | undefined,
  seen: OfferedMessages | undefined,
): number {
  if (beliefs === undefined || seen === undefined) return reward
  return seen.centred.reduce((left, { channel, message, value }) => {
    return left - value * beliefs.of(channel, message).mean
  }, reward)
}

/** Adds what is believed of each send's message to the columns of one objective, in raw reward; sends are the last rows. */
export function addBeliefs(
  beliefs: MessageBeliefs,
  sends: readonly {
    readonly candidate: { readonly channel: Channel }
    readonly opportunity: { readonly message: string }
  }[],
  { mean, variance, until }: { readonly mean: Float64Array; readonly variance: Float64Array; readonly until: number },
): void {
  for (let i = 0; i < sends.length; i++) {
    const { candidate, opportunity } = sends[i]!
    const belief = beliefs.of(candidate.channel, opportunity.message)
    const at = until - sends.length + i
    mean[at] = mean[at]! + belief.mean
    variance[at] = variance[at]! + belief.variance
  }
}
