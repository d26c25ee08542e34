import type { TakenReport, Usecases } from '../../usecases/contract.ts'

/** Says of every message how long it was; one that begins with `unnamed` finds no event configured. */
export function fakeMailReports(): Usecases['mailReports'] {
  return {
    async take(raw) {
      if (Buffer.from(raw).toString().startsWith('unnamed')) {
        return { ok: false, error: { code: 'LOSS_NOT_CONFIGURED', detail: 'no event', hint: 'name one' } }
      }
      const nothing = { status: null, isHard: null, address: null, sendId: null, decisionId: null, event: null }
      const value: TakenReport = { kind: 'other', ...nothing, detail: `${raw.length} bytes` }
      return { ok: true, status: 'created', value }
    },
  }
}
