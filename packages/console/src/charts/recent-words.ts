import type { RecentDecision } from '../answers.ts'

/** What was chosen: `push: order.d3.u12 (sent)`, or that nothing was. */
export function actionWords({ action, sendStatus }: Pick<RecentDecision, 'action' | 'sendStatus'>): string {
  if (action.kind === 'hold') return 'nothing sent'
  return `${action.channel}: ${action.opportunityId}${sendStatus === null ? '' : ` (${sendStatus})`}`
}
