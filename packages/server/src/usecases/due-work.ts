import type { Dispatcher } from './dispatch.ts'
import type { Lane } from './lane.ts'

/** What falls due by itself; jobs call these, the virtual clock calls them on the way. */
export interface DueWork {
  /** Decides planned sends again whose moment has come, in at most so many rounds; answers how many. */
  redecide(rounds?: number): Promise<number>
  /** Hands over what is due on every lane; answers how many sends. */
  dispatch(): Promise<number>
  /** The lanes of `dispatch`, each for itself. */
  readonly lanes: readonly Lane[]
  /** Learns what has matured, or adopts what another process learned; answers the id of the state. */
  learn(): Promise<number>
  /** Takes over what other processes changed about experiments; answers 1 if there was something. */
  followExperiments(): Promise<number>
  /** Closes expired opportunities, in at most so many rounds, and deletes old policy states that no decision names; answers how many. */
  prune(rounds?: number): Promise<number>
  /** Deletes what is older than the configuration says, in at most so many steps; answers 0 once it is through. */
  retain(steps?: number): Promise<number>
  /** Audits the day that is over, if no process has yet, in at most so many steps; answers how many decisions were looked at. */
  audit(steps?: number): Promise<number>
  /** Writes closed days that the history does not have yet to Parquet; answers how many. */
  exportHistory(): Promise<number>
  /** Ends erasures that are not done in the history yet; answers how many. */
  erase(): Promise<number>
  /** Ends sends that a process of a shared store left dispatching when it died; answers how many. */
  recover(): Promise<number>
  /** Tells inbox listeners of items that other processes delivered; answers how many. */
  pollInbox(): Promise<number>
}

/** More rounds than this in one go would keep others waiting; the next tick goes on. */
const MAX_ROUNDS = 1_000

/** Repeats a step while it finds at least `full` things to do, because then there may be more. */
export async function drain(step: () => Promise<number>, full = 1, rounds: number = MAX_ROUNDS): Promise<number> {
  let total = 0
  for (let round = 0; round < rounds; round += 1) {
    const done = await step()
    total += done
    if (done < full) break
  }
  return total
}

/**
 * Drains all lanes: side by side, or one after the other where the outcome must not depend on which provider answers
 * first (caps count across channels). Answers how many sends went to their provider.
 */
export async function drainLanes({ lanes }: Dispatcher, inOrder: boolean): Promise<number> {
  let total = 0
  const drainLane = (lane: Lane): Promise<number> =>
    drain(async () => {
      const { checked, dispatched } = await lane.run()
      total += dispatched
      return checked
    })
  if (inOrder) for (const lane of lanes) await drainLane(lane)
  else await Promise.all(lanes.map(drainLane))
  return total
}
