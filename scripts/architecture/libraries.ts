/** A library and the files or folders (with `/` at their end) that may know it. Everything else goes through them. */
export interface LibraryHome {
  /** Name as imported; `*` at its end stands for any rest. */
  readonly library: string
  readonly homes: readonly string[]
}

const SERVER = 'packages/server/src/'

/** Which place adapts which library. A library that is not here may be imported nowhere outside tests. */
export const LIBRARY_HOMES: readonly LibraryHome[] = [
  { library: '@stdlib/*', homes: ['packages/core/src/numeric/distributions.ts'] },
  { library: 'pure-rand', homes: ['packages/core/src/random/random-from.ts'] },
  { library: 'temporal-polyfill', homes: ['packages/core/src/domain/local-time.ts'] },
  { library: '@electric-sql/pglite', homes: [`${SERVER}store/pglite/`] },
  { library: 'pg', homes: [`${SERVER}store/postgres/`, 'benchmarks/'] },
  { library: 'kysely', homes: [`${SERVER}store/sql/migrate.ts`] },
  { library: '@duckdb/node-api', homes: [`${SERVER}readout/duckdb.ts`, 'benchmarks/'] },
  { library: 'hyparquet', homes: [`${SERVER}log/parquet/`, `${SERVER}cli/table/`] },
  { library: 'hyparquet-writer', homes: [`${SERVER}log/parquet/`, `${SERVER}cli/table/`] },
  { library: 'csv-parse', homes: [`${SERVER}cli/table/`, 'benchmarks/'] },
  { library: 'liquidjs', homes: [`${SERVER}channel/template.ts`] },
  { library: 'nodemailer', homes: [`${SERVER}channel/smtp/`] },
  { library: 'mailparser', homes: [`${SERVER}mail-report/`] },
  { library: 'web-push', homes: [`${SERVER}channel/web-push/`] },
  { library: 'standardwebhooks', homes: [`${SERVER}channel/webhook/`, `${SERVER}cli/demo/`] },
  {
    library: 'undici',
    homes: [`${SERVER}channel/http-post.ts`, `${SERVER}channel/web-push/`, `${SERVER}channel/webhook/`, 'benchmarks/'],
  },
  { library: 'linkedom', homes: [`${SERVER}channel/smtp/plain-text.ts`, `${SERVER}cli/report/figure.ts`] },
  {
    library: '@observablehq/plot',
    homes: [
      `${SERVER}cli/report/`,
      `${SERVER}cli/demo/report/`,
      'packages/console/src/charts/',
      'packages/console/src/parts/plot-figure.tsx',
    ],
  },
  { library: 'fastify', homes: [`${SERVER}http/`, `${SERVER}app.ts`] },
  { library: '@fastify/*', homes: [`${SERVER}http/`] },
  { library: 'fastify-type-provider-zod', homes: [`${SERVER}http/`] },
  { library: 'openapi-types', homes: [`${SERVER}http/openapi.ts`] },
  { library: 'pino', homes: [`${SERVER}app.ts`] },
  { library: 'prom-client', homes: [`${SERVER}http/`] },
  {
    library: 'zod',
    homes: [
      `${SERVER}http/`,
      `${SERVER}config/`,
      `${SERVER}readout/`,
      `${SERVER}usecases/campaign/`,
      `${SERVER}cli/demo/`,
      `${SERVER}cli/simulate/`,
    ],
  },
  {
    library: 'yaml',
    homes: [`${SERVER}cli/simulate/`, `${SERVER}readout/load-spec.ts`, `${SERVER}config/read-json.ts`],
  },
  { library: 'commander', homes: [`${SERVER}cli/`, `${SERVER}main.ts`, `${SERVER}program.ts`] },
  { library: 'tsx', homes: [`${SERVER}config/load-config.ts`, `${SERVER}cli/commands/campaign-files.ts`] },
  { library: 'react', homes: ['packages/console/src/'] },
  { library: 'react-dom', homes: ['packages/console/src/main.tsx'] },
  { library: '@tanstack/react-query', homes: ['packages/console/src/'] },
  { library: 'vite', homes: ['packages/console/vite.config.ts', 'scripts/'] },
  { library: '@vitejs/plugin-react', homes: ['packages/console/vite.config.ts'] },
  { library: 'vitest', homes: ['vitest.config.ts'] },
  { library: 'typescript', homes: ['scripts/'] },
  { library: 'publint', homes: ['scripts/'] },
  { library: '@growthbook/growthbook', homes: ['benchmarks/'] },
  { library: 'autocannon', homes: ['benchmarks/'] },
  { library: 'node:*', homes: [SERVER, 'examples/', 'benchmarks/', 'scripts/'] },
]
