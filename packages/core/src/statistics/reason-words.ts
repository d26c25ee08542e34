import type { VerdictReason, VerdictReasonCode } from './experiment-decision.ts'

interface About {
  readonly treatment: string | null
  readonly name: string | null
}

const WORDS: Readonly<Record<VerdictReasonCode, (about: About) => string>> = {
  'quality-failed': ({ name }) => `The check ${name} failed: the data is broken, and no effect may be read from it.`,
  'quality-unknown': ({ name }) => `The check ${name} could not be made; nothing ships before it is.`,
  deteriorated: ({ name, treatment }) => `${treatment} makes ${name} worse.`,
  superior: ({ name, treatment }) => `${treatment} makes ${name} better.`,
  'guardrails-passed': ({ treatment }) => `${treatment} is no worse than tolerated on every guardrail.`,
  'guardrail-not-passed': ({ name, treatment }) => `${treatment} may still be worse on ${name} than tolerated.`,
  'not-superior': ({ treatment }) => `No success metric shows that ${treatment} is better.`,
  'metric-undefined': ({ name }) => `${name} cannot be tested, for the reason in its notes; it counts as not passed.`,
  'not-monitored': ({ name }) => `${name} is not watched for harm at this look.`,
  'no-test-now': ({ name }) => `${name} is not tested at this look.`,
  'not-powered': ({ name }) => `${name} is not yet measured closely enough for the effect planned.`,
  'no-minimal-effect': ({ name }) =>
    `${name} has no minimal effect, so nobody can say when it has been looked at enough.`,
  'ended-underpowered': ({ name }) =>
    `The test is over, and ${name} was never measured closely enough for the effect planned.`,
  powered: ({ treatment }) => `An effect of ${treatment} as large as planned would have shown.`,
  'no-decision-metric': () => 'There is neither a success metric nor a guardrail, so there is nothing to decide.',
}

/** A ground of a verdict with its words. */
export function reasonFor(code: VerdictReasonCode, about: About): VerdictReason {
  return { code, ...about, words: WORDS[code](about) }
}
