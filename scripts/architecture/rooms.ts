import { CLI_ROOMS } from './cli-rooms.ts'
import { CORE } from './core-rooms.ts'
import type { Room } from './room.ts'

const CONTRACTS = [
  'server/store/contract',
  'server/log/contract',
  'server/channel/contract',
  'server/config/contract',
] as const

const contracts: readonly Room[] = [
  {
    name: 'server/store/contract',
    holds: 'packages/server/src/store/contract.ts',
    purpose: 'What the use cases ask of a store.',
    mayImport: ['server/store/*-contract', 'server/store/refusals', 'core/domain'],
  },
  {
    name: 'server/store/*-contract',
    holds: 'packages/server/src/store/*-contract.ts',
    purpose: 'One part of that: experiments, inboxes, the registry, deleting what is old.',
    mayImport: ['core/domain'],
  },
  {
    name: 'server/store/refusals',
    holds: 'packages/server/src/store/refusals.ts',
    purpose: 'Why a store does not write what it is given.',
    mayImport: ['core/domain'],
  },
  {
    name: 'server/log/contract',
    holds: 'packages/server/src/log/contract.ts',
    purpose: 'What the use cases ask of the history.',
    mayImport: ['core/domain'],
  },
  {
    name: 'server/channel/contract',
    holds: 'packages/server/src/channel/contract.ts',
    purpose: 'What the use cases ask of a channel.',
    mayImport: ['core/domain'],
  },
  {
    name: 'server/config/contract',
    holds: 'packages/server/src/config/contract.ts',
    purpose: 'The configuration as the house sees it.',
    mayImport: ['core/domain'],
  },
  {
    name: 'server/config/issues',
    holds: 'packages/server/src/config/issues.ts',
    purpose: 'How a fault of outside data is told: where it lies, what was expected, what was there.',
    mayImport: ['core/domain'],
  },
  {
    name: 'server/usecases/contract',
    holds: 'packages/server/src/usecases/contract.ts',
    purpose: 'Everything the server can do.',
    mayImport: [
      'server/usecases/experiments-contract',
      'server/usecases/evaluations-contract',
      'server/usecases/audit-contract',
      'core',
      'core/domain',
      ...CONTRACTS,
    ],
  },
  {
    name: 'server/usecases/experiments-contract',
    holds: 'packages/server/src/usecases/experiments-contract.ts',
    purpose: 'What of it is about experiments.',
    mayImport: ['core'],
  },
  {
    name: 'server/usecases/evaluations-contract',
    holds: 'packages/server/src/usecases/evaluations-contract.ts',
    purpose: 'What of it is about configurations that are only tried on the log.',
    mayImport: ['core', 'server/config/contract'],
  },
  {
    name: 'server/usecases/audit-contract',
    holds: 'packages/server/src/usecases/audit-contract.ts',
    purpose: 'What replays and audits of past decisions say.',
    mayImport: ['core'],
  },
]

const adapters: readonly Room[] = [
  {
    name: 'server/store',
    holds: 'packages/server/src/store/',
    purpose: 'Opens a store: embedded or server.',
    mayImport: [
      'server/store/contract',
      'server/store/pglite',
      'server/store/postgres',
      'server/store/sql',
      'core/domain',
    ],
  },
  {
    name: 'server/store/sql',
    holds: 'packages/server/src/store/sql/',
    purpose: 'One dialect, one set of migrations, for both drivers.',
    mayImport: ['server/store/contract', 'core/domain'],
  },
  {
    name: 'server/store/pglite',
    holds: 'packages/server/src/store/pglite/',
    purpose: 'PGlite: client, directory lock, first start.',
    mayImport: ['server/store/contract', 'server/store/sql', 'core/domain'],
  },
  {
    name: 'server/store/postgres',
    holds: 'packages/server/src/store/postgres/',
    purpose: 'PostgreSQL: pool and transactions.',
    mayImport: ['server/store/contract', 'server/store/sql', 'core/domain'],
  },
  {
    name: 'server/log',
    holds: 'packages/server/src/log/',
    purpose: 'Opens the history.',
    mayImport: ['server/log/contract', 'server/log/*', 'core/domain'],
  },
  {
    name: 'server/log/*',
    holds: 'packages/server/src/log/*/',
    purpose: 'One format of the history; Parquet by day.',
    mayImport: ['server/log/contract', 'core/domain'],
  },
  {
    name: 'server/channel/http-post',
    holds: 'packages/server/src/channel/http-post.ts',
    purpose: 'One bounded POST, for adapters that speak HTTP.',
    mayImport: ['server/channel/contract', 'core/domain'],
  },
  {
    name: 'server/channel/template',
    holds: 'packages/server/src/channel/template.ts',
    purpose: 'Rendering with limits.',
    mayImport: ['server/channel/contract', 'core/domain'],
  },
  {
    name: 'server/channel/unsubscribe-token',
    holds: 'packages/server/src/channel/unsubscribe-token.ts',
    purpose: 'Signed tokens for unsubscribing and the inbox.',
    mayImport: ['core/domain'],
  },
  {
    name: 'server/channel/mail-names',
    holds: 'packages/server/src/channel/mail-names.ts',
    purpose: 'How a message is named in mail, and found again by it.',
    mayImport: [],
  },
  {
    name: 'server/mail-report',
    holds: 'packages/server/src/mail-report/',
    purpose: 'Bounces and complaints that come back by mail (RFC 3464, RFC 5965), read.',
    mayImport: [],
  },
  {
    name: 'server/channel/*',
    holds: 'packages/server/src/channel/*/',
    purpose: 'One adapter: inbox, memory, smtp, web-push, webhook.',
    mayImport: ['server/channel/contract', 'server/channel/http-post', 'server/channel/mail-names', 'core/domain'],
  },
  {
    name: 'server/channel',
    holds: 'packages/server/src/channel/',
    purpose: 'Adapters from configuration.',
    mayImport: ['server/channel/contract', 'server/channel/*', 'server/config/contract', 'core/domain'],
  },
]

const shell: readonly Room[] = [
  {
    name: 'server/config',
    holds: 'packages/server/src/config/',
    purpose: 'Defaults, schema, loading, the environment.',
    mayImport: ['server/config/contract', 'server/config/issues', 'core', 'core/domain'],
  },
  {
    name: 'server/readout',
    holds: 'packages/server/src/readout/',
    purpose: 'Experiments from tables of any size: DuckDB makes moments of them.',
    mayImport: ['server/config', 'server/config/issues', 'core', 'core/domain'],
  },
  {
    name: 'server/evaluation',
    holds: 'packages/server/src/evaluation/',
    purpose: 'Long work of the core on a thread of its own: what a policy is worth on a log, whom an experiment moves.',
    mayImport: ['core', 'core/domain'],
  },
  {
    name: 'server/words',
    holds: 'packages/server/src/words/',
    purpose: 'How numbers are told to people.',
    mayImport: [],
  },
  {
    name: 'server/usecases',
    holds: 'packages/server/src/usecases/',
    purpose: 'The use cases over the contracts.',
    mayImport: [
      'server/usecases/contract',
      ...CONTRACTS,
      'server/config/issues',
      'server/channel/template',
      'server/channel/unsubscribe-token',
      'server/channel/mail-names',
      'server/mail-report',
      'server/words',
      'core',
      'core/domain',
    ],
  },
  {
    name: 'server/http',
    holds: 'packages/server/src/http/',
    purpose: 'HTTP `/v1`: parse, ask a use case, map to the wire.',
    mayImport: [
      'server/usecases/contract',
      'server/usecases',
      'server/store/contract',
      'server/config/contract',
      'server/config',
      'server/config/issues',
      'core',
      'core/domain',
    ],
    mayImportTypes: ['sdk'],
  },
  {
    name: 'server/jobs',
    holds: 'packages/server/src/jobs/',
    purpose: 'What runs by itself.',
    mayImport: ['server/usecases/contract', 'server/usecases', 'core', 'core/domain'],
  },
  {
    name: 'server/app',
    holds: 'packages/server/src/app.ts',
    purpose: 'The composition root.',
    mayImport: ['server/*', 'core', 'core/domain'],
  },
  {
    name: 'server',
    holds: 'packages/server/src/',
    purpose: 'The way in (`main.ts`), the public surface (`index.ts`).',
    mayImport: ['server/*', 'core', 'core/domain'],
  },
]

const outside: readonly Room[] = [
  {
    name: 'sdk',
    holds: 'packages/sdk/',
    purpose: 'What customers install: a typed client; fetch is injected.',
    mayImport: [],
    mayImportTypes: ['core', 'core/domain'],
  },
  {
    name: 'console',
    holds: 'packages/console/',
    purpose: 'The web UI over the HTTP API.',
    mayImport: [],
    mayImportTypes: ['core/domain'],
  },
  {
    name: 'examples',
    holds: 'examples/',
    purpose: 'Code that the documents show, compiled and run.',
    mayImport: ['server', 'sdk', 'core', 'core/domain', 'core/simulation'],
  },
  {
    name: 'benchmarks',
    holds: 'benchmarks/',
    purpose: 'Measurements, with the command that made each.',
    mayImport: ['*'],
  },
  { name: 'scripts', holds: 'scripts/', purpose: 'Building, running and checking the house.', mayImport: ['*'] },
  { name: 'root', holds: '', purpose: 'The architecture test and tool configuration.', mayImport: ['scripts'] },
]

/** The table of DESIGN §5, with the arrows that docs/decisions added to it. */
export const ROOMS: readonly Room[] = [...CORE, ...contracts, ...adapters, ...shell, ...CLI_ROOMS, ...outside]
