import { PalomaError } from '@paloma/core'
import type { AdapterConfig } from '../../config/contract.ts'
import type { DoctorDeps } from './contract.ts'
import { type Finding, failed, ok } from './finding.ts'

/** A provider that has not answered by then counts as not answering. */
const ANSWER_MS = 8_000

/** Asks the provider of every configured channel, all at once. */
export function checkAdapters(
  adapters: readonly (readonly [channel: string, options: AdapterConfig])[],
  deps: Pick<DoctorDeps, 'checkAdapter'>,
): Promise<readonly Finding[]> {
  return Promise.all(adapters.map(([channel, options]) => checkAdapter(channel, options, deps)))
}

async function checkAdapter(
  channel: string,
  options: AdapterConfig,
  deps: Pick<DoctorDeps, 'checkAdapter'>,
): Promise<Finding> {
  const check = `channel:${channel}`
  try {
    const { ok: isWell, detail } = await inTime(deps.checkAdapter(channel, options))
    const found = `${options.kind}: ${detail}`
    return isWell ? ok(check, found) : failed(check, found, `look at adapters.${channel} of the configuration`)
  } catch (error) {
    if (!(error instanceof PalomaError)) throw error
    return failed(check, error.message, error.hint ?? `look at adapters.${channel} of the configuration`)
  }
}

async function inTime(
  answer: Promise<{ readonly ok: boolean; readonly detail: string }>,
): Promise<{ readonly ok: boolean; readonly detail: string }> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<{ readonly ok: false; readonly detail: string }>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, detail: `no answer within ${ANSWER_MS / 1_000} s` }), ANSWER_MS)
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}
