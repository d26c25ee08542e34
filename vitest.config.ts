import { defineConfig } from 'vitest/config'

// Tests run against the sources: every package's `exports` map names them under this condition.
const resolve = { conditions: ['paloma-source'] }
const ssr = { resolve: { conditions: ['paloma-source'] } }

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
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'slow',
          include: ['packages/core/src/**/*.slow.test.ts'],
          testTimeout: 300_000,
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
          testTimeout: 300_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
        },
      },
    ],
  },
})
