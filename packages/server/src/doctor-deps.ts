import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createAdapters } from './channel/adapters.ts'
import type { DoctorDeps } from './cli/doctor/index.ts'
import type { AdapterConfig } from './config/contract.ts'
import { loadConfigFile } from './config/load-config.ts'
import { lookAtStore } from './store/look-at-store.ts'

/** A provider that hangs must not keep the doctor waiting for as long as a message may wait. */
const PATIENCE_MS = 6_000

function inHaste(options: AdapterConfig): AdapterConfig {
  const hasty = { ...options, timeoutMs: PATIENCE_MS }
  return hasty
}

/** What `paloma doctor` looks through on this machine. Adapters connect, and send nothing. */
export function doctorDeps(env: DoctorDeps['env'], now: () => number): DoctorDeps {
  return {
    env,
    now,
    nodeVersion: process.versions.node,
    isConsoleBuilt: existsSync(fileURLToPath(new URL('../../console/dist', import.meta.url))),
    loadConfig: (path) => loadConfigFile(path),
    lookAtStore,
    async checkAdapter(channel, options) {
      const adapters = createAdapters(
        { [channel]: inHaste(options) },
        { putInboxItem: async () => 'duplicate', onInboxItem: () => {}, now, wallClock: now },
      )
      const [adapter] = adapters.values()
      try {
        return (await adapter?.check?.()) ?? { ok: true, detail: 'its options fit' }
      } finally {
        await adapter?.close?.()
      }
    },
  }
}
