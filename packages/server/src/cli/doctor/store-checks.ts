import { assertNever, type Objective } from '@paloma/core'
import type { Config } from '../../config/contract.ts'
import type { StoreFacts, StoreLook } from '../../store/look-at-store.ts'
import { type Finding, failed, ok, warning } from './finding.ts'
import { checkGroups } from './groups-check.ts'
import { checkKept } from './kept-check.ts'

const LEAST_VERSION = 150_000
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** A state older than this says that nothing has been learned for long. */
const OLD_STATE_DAYS = 7

/** What there is to say about a store: whether it opens, its version, rights, migrations, keys and learning. */
export function checkStore(
  look: StoreLook,
  {
    now,
    isShared,
    objectives,
    retention,
    groups,
  }: {
    now: number
    isShared: boolean
    objectives: readonly Objective[]
    retention: Config['retention']
    groups: Config['groups'] | undefined
  },
): readonly Finding[] {
  switch (look.kind) {
    case 'absent':
      return [ok('store', 'none yet: the first start makes it, and prints a first API key')]
    case 'refused':
      return [refused(look)]
    case 'open':
      return [
        checkVersion(look.facts, isShared),
        checkRights(look.facts),
        checkMigrations(look.facts),
        ...checkPast(look.facts, now),
        checkKeys(look.facts),
        checkLearner(look.facts, { now, isShared }),
        checkKept(look.facts, { now, retention }),
        ...checkGroups(look.facts, { now, groups }),
        ...checkModels(look.facts, objectives),
        ...checkStray(look.facts),
      ]
    default:
      return assertNever(look)
  }
}

function refused({ code, reason, hint }: Extract<StoreLook, { kind: 'refused' }>): Finding {
  if (code === 'STORE_LOCKED') {
    return warning('store', `${reason}: keys and learning are not looked at`, 'stop it for a whole examination')
  }
  return failed('store', reason, hint ?? `see the error ${code}`)
}

function checkVersion({ versionNumber }: StoreFacts, isShared: boolean): Finding {
  const version = `PostgreSQL ${Math.floor(versionNumber / 10_000)}.${versionNumber % 10_000}`
  if (!isShared) return ok('store', `embedded ${version}`)
  return versionNumber >= LEAST_VERSION
    ? ok('store', version)
    : failed('store', `${version} is older than 15`, 'upgrade PostgreSQL to 15 or newer')
}

function checkRights({ isReadOnly, canCreate, canWrite, migrations }: StoreFacts): Finding {
  if (isReadOnly) {
    const remedy = 'name the primary in DATABASE_URL, or look at default_transaction_read_only'
    return failed('rights', 'the database takes no writes: a replica, or set so', remedy)
  }
  if (!canWrite)
    return failed('rights', 'this user may not write to the tables', 'grant all on them, or use their owner')
  if (canCreate) return ok('rights', 'may make and write tables')
  const remedy = 'grant create on the schema to this user'
  return migrations.pending.length === 0
    ? warning('rights', 'may not make tables: the next upgrade will fail', remedy)
    : failed('rights', 'may not make the tables that are missing', remedy)
}

function checkMigrations({ migrations: { pending, unknown } }: StoreFacts): Finding {
  if (unknown.length > 0) {
    return failed('migrations', `${unknown.join(', ')} came from a newer Paloma`, 'run that version or a newer one')
  }
  return ok('migrations', pending.length === 0 ? 'up to date' : `${pending.join(', ')} will run at the next start`)
}

/** A clock that was set back, or stood too far ahead before: what was said then counts as later than what is said now. */
function checkPast({ latestDecisionAt }: StoreFacts, now: number): readonly Finding[] {
  if (latestDecisionAt === null || latestDecisionAt <= now + HOUR_MS) return []
  const [latest, at] = [latestDecisionAt, now].map((moment) => new Date(moment).toISOString())
  const remedy = 'set the machine’s clock; if it stood ahead before, restore a backup from before that'
  return [failed('past', `the latest decision is of ${latest}, and the clock says ${at}`, remedy)]
}

function checkKeys({ validKeys }: StoreFacts): Finding {
  if (validKeys > 0) return ok('keys', `${validKeys} valid`)
  return warning('keys', 'there is no API key', 'paloma keys create --name NAME --scopes all')
}

function checkLearner({ latestState, hasLearner }: StoreFacts, at: { now: number; isShared: boolean }): Finding {
  if (latestState === null) return ok('learner', 'nothing learned yet')
  const days = Math.floor((at.now - latestState.createdAt) / DAY_MS)
  const age = days < 1 ? 'less than a day' : `${days} ${days === 1 ? 'day' : 'days'}`
  const found = `policy state ${latestState.id} is ${age} old`
  if (days >= OLD_STATE_DAYS && latestState.id > 0) {
    return warning('learner', found, 'look whether events arrive and a server runs: no rewards were learned since')
  }
  if (!at.isShared) return ok('learner', found)
  return hasLearner
    ? ok('learner', `${found}; a process leads`)
    : warning('learner', `${found}; no process leads`, 'start a server')
}

/** A larger share of outcomes that name a decision nobody made means that names get lost on their way. */
const TOLERATED_STRAYS = 0.05

/** Outcomes that name a decision which the store does not have: taken, and counted for no send. */
function checkStray({ traces: { named, stray } }: StoreFacts): readonly Finding[] {
  if (stray === 0) return []
  const all = named + stray
  const found = `${stray} of ${all} that name a decision name one that is not in the store: they count for no send (28 days, the latest events)`
  if (stray <= TOLERATED_STRAYS * all) return [ok('outcomes', found)]
  return [warning('outcomes', found, 'send the decisionId back as it was answered, to the server that answered it')]
}

/** So many outcomes that name their decision, and such a share of those that followed a send, are enough for the model `response`. */
const ENOUGH_NAMED = 200
const ENOUGH_SHARE = 0.2
/** With fewer, a send looks as if it brought nothing. */
const FEWEST_NAMED = 20

/** Whether events name the decisions they follow, which the model `response` learns from; see docs/decisions/0017. */
function checkModels({ traces: { named, guessed } }: StoreFacts, objectives: readonly Objective[]): readonly Finding[] {
  const all = named + guessed
  if (all === 0) return []
  const through = objectives.filter(({ model }) => model === 'response').map(({ name }) => name)
  const possible = objectives
    .filter(({ aggregate, model = 'effect' }) => model === 'effect' && (aggregate === 'sum' || aggregate === 'any'))
    .map(({ name }) => name)
  const found = `${named} of ${all} outcomes after sends name their decision (28 days, the latest events)`
  if (through.length > 0 && named < FEWEST_NAMED) {
    const remedy = `put decisionId into the events of ${through.join(', ')}, or use model "effect"`
    return [warning('models', `${found}: model "response" has nothing to learn from`, remedy)]
  }
  if (possible.length > 0 && named >= ENOUGH_NAMED && named >= ENOUGH_SHARE * all) {
    const remedy = `model: "response" for ${possible.join(', ')} would learn more from them; it starts learning anew`
    return [warning('models', found, remedy)]
  }
  return [ok('models', found)]
}
