import { pathToFileURL } from 'node:url'
import { PalomaError } from '@paloma/core/domain'
import type { Choose, RunContext, RunSend, World } from '@paloma/core/simulation'

const HOURS_A_DAY = 24

/** The policy that a module of one's own makes for a world. Throws POLICY_MODULE, as does the policy for an answer that is no send. */
export async function loadPolicy(module: string, world: World): Promise<Choose> {
  const loaded: unknown = await import(pathToFileURL(module).href).catch((cause: unknown) => {
    throw new PalomaError('POLICY_MODULE', `${module} cannot be loaded: ${wordsOf(cause)}`, { cause })
  })
  const make = loaded !== null && typeof loaded === 'object' && 'default' in loaded ? loaded.default : undefined
  const choose: unknown = typeof make === 'function' ? make(world) : undefined
  if (typeof choose !== 'function') {
    throw new PalomaError('POLICY_MODULE', `${module}: the default export must be a function that answers a function`, {
      hint: 'export default (world) => (context) => null',
    })
  }
  return (context) => {
    const place = `${module}, user ${context.user.userId} on day ${context.day}`
    return checked(answerOf(choose, context, place), context, place)
  }
}

function answerOf(choose: CallableFunction, context: RunContext, place: string): unknown {
  try {
    return choose(context)
  } catch (cause) {
    throw new PalomaError('POLICY_MODULE', `${place}: ${wordsOf(cause)}`, { cause })
  }
}

/** A send of what lies open, through what reaches the user; null holds. Variants are checked where they are sent. */
function checked(answer: unknown, context: RunContext, place: string): RunSend | null {
  if (answer === null) return null
  const { offer, channel, variant, localHour } = Object(answer)
  const refuse = (what: string, got: unknown): PalomaError =>
    new PalomaError('POLICY_MODULE', `${place}: ${what}, got ${JSON.stringify(got) ?? String(got)}`, {
      hint: 'a policy answers { offer, channel, variant, localHour }, or null to hold',
    })
  const open = context.offers.find((each) => each === offer)
  if (open === undefined) throw refuse('offer must be one of the offers it was shown', offer?.id ?? answer)
  const reaching = context.channels.filter((each) => open.channels.includes(each))
  const way = reaching.find((each) => each === channel)
  if (way === undefined) throw refuse(`channel must be one of ${reaching.join(', ') || 'none'}`, channel)
  if (typeof variant !== 'string') throw refuse('variant must be the name of one of the variants', variant)
  if (!(typeof localHour === 'number' && localHour >= 0 && localHour < HOURS_A_DAY)) {
    throw refuse('localHour must be a number in [0, 24)', localHour)
  }
  return { offer: open, channel: way, variant, localHour }
}

function wordsOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
