import { type Candidate, HOUR_MS } from '../domain/index.ts'
import { type ActionLayout, FATIGUE_UNIT, SEGMENT_WIDTH } from './action-layout.ts'
import { type ChannelHistory, type FeatureContext, fatigueOf, HISTORY_DAYS } from './context.ts'
import { logRate, USUAL_RESPONSE, USUAL_VISIT } from './log-rate.ts'
import { type MomentColumns, putMoment, recentMoment } from './moment-columns.ts'
import type { Target } from './put-declared.ts'
import { usualHours } from './usual-hours.ts'

/** What is known of moments and hours that were asked for last. */
export interface WayMemo {
  readonly momentAt: (zone: string, at: number) => MomentColumns
  readonly hoursAt: (x: FeatureContext, moment: MomentColumns) => number
}

export function wayMemo(): WayMemo {
  return { momentAt: recentMoment(), hoursAt: recentHours() }
}

/** A memo of one: nearly all actions of a decision share user and moment. */
function recentHours(): (x: FeatureContext, moment: MomentColumns) => number {
  let [recentUser, recentMoment]: [FeatureContext | null, MomentColumns | null] = [null, null]
  let hours = 0
  return (x, moment) => {
    if (recentUser !== x || recentMoment !== moment) {
      hours = usualHours(x.visitTimes, { now: x.now, at: moment.at, offsetMs: moment.offsetMs })
      recentUser = x
      recentMoment = moment
    }
    return hours
  }
}

/** What is the same for every action of one user at one moment. */
export function putUser(x: FeatureContext, out: Float64Array, offset: number): void {
  out[offset] = 1
  out[offset + 3] = x.sends7d / 8
  out[offset + 6] = x.visits7d / 7
  out[offset + 7] = x.daysSinceVisit / HISTORY_DAYS
}

function putChannel(history: ChannelHistory, { out, offset }: Target): void {
  const { sends1d, sends7d, sends28d, responses28d } = history
  out[offset + 1] = sends1d
  out[offset + 2] = sends7d / 4
  out[offset + 4] = Math.min(1, responses28d / (sends28d + 2))
}

/** Columns of `SEND_NAMES` but the first and the last. */
function putSend(history: ChannelHistory, { sine2, cosine2 }: MomentColumns, { out, offset }: Target): void {
  out[offset + 13] = logRate(history.answers28d, history.sends28d, USUAL_RESPONSE)
  out[offset + 14] = sine2
  out[offset + 15] = cosine2
}

/**
 * The moment again, in the columns of the user's segment. All of it adds up in log odds: what everybody does at that hour, what the segment does
 * differently, what the user does differently (`usualHours`); each is shrunk to the one before.
 */
function putSegmentHours(
  { spec, start }: NonNullable<ActionLayout['segments']>,
  x: FeatureContext,
  { moment, out, offset }: Target & { readonly moment: MomentColumns },
): void {
  const value = x.traits[spec.name]
  const segment = value === undefined ? -1 : spec.values.indexOf(String(value))
  if (segment < 0) return
  const at = offset + start + segment * SEGMENT_WIDTH
  out[at] = moment.sine
  out[at + 1] = moment.cosine
  out[at + 2] = moment.sine2
  out[at + 3] = moment.cosine2
  out[at + 4] = moment.weekend
}

/** What channel and moment add to a row that already tells of the user. */
export function putWay(
  { layout, memo }: { readonly layout: ActionLayout; readonly memo: WayMemo },
  { x, candidate }: { readonly x: FeatureContext; readonly candidate: Pick<Candidate, 'channel' | 'sendAt'> },
  target: Target,
): void {
  const { channel, sendAt } = candidate
  const { out, offset } = target
  putChannel(x.channels[channel], target)
  const moment = memo.momentAt(x.zone, sendAt)
  putMoment(moment, out, offset + 8)
  out[offset + 11] = Math.min(2, (sendAt - x.now) / (24 * HOUR_MS))
  const column = layout.channelColumns[channel]
  if (column !== undefined) out[offset + column] = 1
  if (layout.segments !== null) putSegmentHours(layout.segments, x, { moment, out, offset })
  if (!layout.looksAtSends) return
  putSend(x.channels[channel], moment, target)
  out[offset + 16] = memo.hoursAt(x, moment)
  const visits = layout.visitColumns[channel]
  if (visits !== undefined) out[offset + visits] = logRate(x.visits28d, HISTORY_DAYS, USUAL_VISIT)
  const tired = layout.fatigueColumns[channel]
  if (tired !== undefined) out[offset + tired] = fatigueOf(x, channel) * FATIGUE_UNIT
}
