import type { Counts } from './answers.ts'

const LINE = /^(paloma_\w+)(?:\{status="([^"]*)"\})? (\S+)$/

/** Reads the counts out of Prometheus text; what is not there counts 0. */
export function countsFrom(text: string): Counts {
  const plain = new Map<string, number>()
  const sends: Record<string, number> = {}
  for (const line of text.split('\n')) {
    const [, name, status, value] = LINE.exec(line) ?? []
    if (name === 'paloma_sends' && status !== undefined) sends[status] = Number(value)
    else if (name !== undefined && status === undefined) plain.set(name, Number(value))
  }
  return {
    decisions: plain.get('paloma_decisions') ?? 0,
    stateId: plain.get('paloma_policy_state_id') ?? 0,
    usersInMemory: plain.get('paloma_users_in_memory') ?? 0,
    isLearner: plain.get('paloma_is_learner') === 1,
    sends,
  }
}
