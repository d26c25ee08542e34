import type { Scalar } from '@paloma/core'
import type { DecideCommand } from './contract.ts'

/** What was asked for, beside the id: the same id with another of these is a conflict. `["u-1",[["screen","home"]],null,true]` */
export function fingerprintOf({ userId, context, at, deliver }: Omit<DecideCommand, 'decisionId'>): string {
  let members = 0
  let name = ''
  for (const each in context) {
    members += 1
    name = each
  }
  if (members > 1) return JSON.stringify([userId, Object.entries(context).sort(), at ?? null, deliver])
  const bag = members === 0 ? '' : `[${json(name)},${json(context[name]!)}]`
  return `[${json(userId)},[${bag}],${at ?? null},${deliver}]`
}

/** Longest text that is looked at letter by letter. */
const SHORT = 64

/** As JSON.stringify has it, which takes longer to be called than a short name to be looked at. */
function json(value: Scalar): string {
  return typeof value === 'string' && value.length <= SHORT && isUnquoted(value) ? `"${value}"` : JSON.stringify(value)
}

/** Whether JSON writes every letter as it is: printable ASCII but quote and backslash. */
function isUnquoted(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    if (unit < 0x20 || unit > 0x7e || unit === 0x22 || unit === 0x5c) return false
  }
  return true
}
