import type { Config } from '../../config/contract.ts'
import type { StoreFacts } from '../../store/look-at-store.ts'
import { type Finding, ok, warning } from './finding.ts'

const DAY_MS = 86_400_000
/** Who has decided for so long does not only try. */
const EARNEST_DAYS = 7
const ALL = 1_000_000

const REMEDY =
  'keep some apart for good, e.g. 3 % in groups.holdout and 1 % in groups.random (docs/guide/configuration.md, "Groups that stay")'

/** Whether there are users by whom one can tell, now and in years, what all messages bring and what choosing them does. */
export function checkGroups(
  { kept: { oldestAt } }: StoreFacts,
  { now, groups }: { readonly now: number; readonly groups: Config['groups'] | undefined },
): readonly Finding[] {
  if (groups === undefined) return []
  const { holdout, random } = groups
  const found = `${percent(holdout.share)} of users get no optimised message, ${percent(random.share)} a random choice`
  const isEarnest = oldestAt !== null && now - oldestAt >= EARNEST_DAYS * DAY_MS
  if (!isEarnest || (holdout.share > 0 && random.share > 0)) return [ok('groups', found)]
  if (holdout.share > 0) {
    return [warning('groups', `${found}: what choosing brings beyond sending anything cannot be told`, REMEDY)]
  }
  return [warning('groups', `${found}: what all messages bring together cannot be told`, REMEDY)]
}

function percent(share: number): string {
  return `${Number(((100 * share) / ALL).toPrecision(3))} %`
}
