import { defineConfig } from 'vitest/config'

// Tests run against the sources: every package's `exports` map names them under this condition.
const resolve = { conditions: ['paloma-source'] }
const ssr = { resolve: { conditions: ['paloma-source'] } }

// Limits end what hangs; they say nothing of speed, since the same test may take three times as long on a busy machine.
// Files share a worker's modules (`isolate: false`): to load core and server anew for each of 380 files took longer than most of their tests.
// So no test may leave anything behind in a module or a global.
export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'quick',
          include: ['packages/*/src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts', '*.test.ts'],
          exclude: ['**/*.slow.test.ts', '**/node_modules/**'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'slow',
          include: ['packages/core/src/**/*.slow.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        // Processes, servers and clocks: two at a time would wait for each other.
        resolve,
        ssr,
        test: {
          name: 'processes',
          include: ['packages/*/src/**/*.slow.test.ts', 'examples/**/*.test.ts'],
          exclude: ['packages/core/**', '**/node_modules/**'],
          testTimeout: 600_000,
          hookTimeout: 300_000,
          isolate: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
