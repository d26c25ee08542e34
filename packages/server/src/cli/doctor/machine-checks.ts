import { type Finding, failed, ok } from './finding.ts'

const LEAST_NODE = [20, 19] as const
const MANY_ZONES = 300

/** Whether this Node is new enough. `version` is like `20.19.1`. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isNewEnough = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])
  if (isNewEnough) return ok('node', version)
  return failed('node', `${version} is older than ${LEAST_NODE.join('.')}`, 'install a newer Node')
}

/** Whether time zones can be computed: caps and quiet hours live in the user's own day. */
export function checkTimeZones(): Finding {
  const zones = Intl.supportedValuesOf('timeZone').length
  const berlin = new Intl.DateTimeFormat('en', { timeZone: 'Europe/Berlin', hour: 'numeric', hourCycle: 'h23' })
  const hour = berlin.format(Date.UTC(2026, 6, 1, 12))
  if (zones >= MANY_ZONES && Number(hour) === 14) return ok('time-zones', `${zones} zones, data ${process.versions.tz}`)
  const remedy = 'use a Node with full ICU data, so that quiet hours and caps follow the user’s clock'
  return failed('time-zones', `${zones} zones; noon UTC is ${hour} o’clock in a Berlin summer`, remedy)
}
