import { createHash } from 'node:crypto'
import { sendId as toSendId } from '@paloma/core'
import { sendIdOfMessageId, sendIdsOfReturnPath } from '../channel/mail-names.ts'
import type { Config } from '../config/contract.ts'
import { interpretMailReport, type MailReport } from '../mail-report/index.ts'
import type { Send } from '../store/contract.ts'
import type { IncomingEvent, ItemResult, TakenReport, Usecases } from './contract.ts'
import type { Deps } from './deps.ts'
import { keptSince, orDeleted } from './kept-since.ts'

/** Something that came back by mail. */
type Report = Exclude<MailReport, { readonly kind: 'other' }>

/** A message can only have come back if it may have gone out. */
const MAY_HAVE_GONE_OUT: readonly Send['status'][] = ['dispatching', 'sent', 'unknown']

/** Reports that come back by mail, as events of the messages they are about. The same report again says the same again. */
export function mailReportUsecases(deps: Deps, events: Usecases['events']): Usecases['mailReports'] {
  return {
    async take(raw) {
      const report = await interpretMailReport(raw)
      if (report.kind === 'other') return taken(report, { detail: report.reason })
      const send = await sendOf(deps, report)
      if (send === undefined) {
        const { messageId } = report.original
        const gone = orDeleted(deps.config.retention, await keptSince(deps.store.registry))
        const named = messageId === null ? 'the report names no message' : `nothing was sent as ${messageId}${gone}`
        return taken(report, { detail: `${named}, so nobody is concerned` })
      }
      const name = eventName(deps.config, report.kind)
      if (name === undefined) return unnamed(report.kind)
      const [result] = await events.ingest([eventOf(report, { name, send, raw })])
      if (result === undefined || !result.ok) return result ?? unnamed(report.kind)
      return taken(report, { send, event: { name, ...result.value, status: result.status } })
    },
  }
}

function taken(
  report: MailReport,
  said: { readonly detail?: string; readonly send?: Send; readonly event?: TakenReport['event'] },
): ItemResult<TakenReport> {
  const { kind } = report
  const status = report.kind === 'bounce' ? report.status : null
  const isHard = report.kind === 'bounce' ? report.isHard : null
  const address = report.kind === 'other' ? null : report.original.address
  const { send, event = null, detail = null } = said
  const of = { sendId: send?.sendId ?? null, decisionId: send?.decisionId ?? null }
  return { ok: true, status: 'created', value: { kind, status, isHard, address, ...of, event, detail } }
}

function unnamed(kind: Report['kind']): ItemResult<TakenReport> {
  const loss = kind === 'bounce' ? 'bounced' : 'complained'
  const detail = `events.reachLosses names no event that stands for { loss: "${loss}", channel: "email" }`
  const hint = 'name one in the configuration; by default it is "Email Bounced" and "Email Marked as Spam"'
  return { ok: false, error: { code: 'LOSS_NOT_CONFIGURED', detail, hint } }
}

function eventName({ events }: Config, kind: Report['kind']): string | undefined {
  const loss = kind === 'bounce' ? 'bounced' : 'complained'
  return Object.entries(events.reachLosses).find(([, of]) => of.loss === loss && of.channel === 'email')?.[0]
}

/** The e-mail that a report is about, by its Message-ID or by the return path that the report was sent to. */
async function sendOf({ store, config }: Deps, { original }: Report): Promise<Send | undefined> {
  const adapter = config.adapters.email
  const pattern = adapter?.kind === 'smtp' ? adapter.returnPath : undefined
  const byMessage = original.messageId === null ? undefined : sendIdOfMessageId(original.messageId)
  const byPath = original.reportedTo.flatMap((line) => sendIdsOfReturnPath(pattern ?? '', line))
  for (const id of new Set([...(byMessage === undefined ? [] : [byMessage]), ...byPath])) {
    const send = isStorable(id) ? await store.sends.get(toSendId(id)) : undefined
    if (send?.channel === 'email' && MAY_HAVE_GONE_OUT.includes(send.status)) return send
  }
  return undefined
}

/** What a report names may be anything; an id has 1 to 261 characters, none of them NUL. */
function isStorable(id: string): boolean {
  return id !== '' && id.length <= 261 && !id.includes('\0')
}

function eventOf(
  report: Report,
  { name, send, raw }: { readonly name: string; readonly send: Send; readonly raw: Uint8Array },
): IncomingEvent {
  const properties =
    report.kind === 'bounce'
      ? { bounceType: report.isHard ? 'hard' : 'soft', ...(report.status === null ? {} : { status: report.status }) }
      : { feedbackType: report.feedbackType }
  const which = createHash('sha256').update(`${report.kind} ${send.sendId} `)
  const id = which.update(report.original.reportId ?? raw).digest('base64url')
  return {
    type: 'track',
    messageId: `mail-report-${id}`,
    userId: send.userId,
    name,
    // Which address it was the send knows.
    properties: { decisionId: send.decisionId, ...properties },
    traits: {},
    context: {},
  }
}
