// Makes the tables of this example anew, the same bytes every time:
//   node --conditions=paloma-source --import tsx examples/experiment/make-tables.ts
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomFrom } from '@paloma/core'

const USERS = 1500
const DAYS = 21
const DAY_MS = 86_400_000
const START = Date.UTC(2026, 2, 2)

const assignments = ['user,variant,time,platform']
const events = ['user,metric,value,time']

const iso = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`

for (let i = 1; i <= USERS; i++) {
  const random = randomFrom(`example-${i}`)
  const user = `u${String(i).padStart(5, '0')}`
  const isNew = random() < 0.5
  const at = START + random() * DAYS * DAY_MS
  const platform = random() < 0.6 ? 'android' : 'ios'
  // How often somebody visits stays with him: before exposure it tells much of what comes after.
  const visitsADay = 0.6 * -Math.log(1 - random()) + 0.05
  assignments.push(`${user},${isNew ? 'gentle' : 'control'},${iso(at)},${platform}`)
  for (let time = at - 7 * DAY_MS; time < at + 7 * DAY_MS; ) {
    const rate = time >= at && isNew ? 1.18 * visitsADay : visitsADay
    time += (-Math.log(1 - random()) / rate) * DAY_MS
    if (time >= at + 7 * DAY_MS) break
    events.push(`${user},visit,1,${iso(time)}`)
    if (random() < 0.12) events.push(`${user},order,${(8 + 30 * random()).toFixed(2)},${iso(time + 60_000)}`)
  }
  if (random() < (isNew ? 0.02 : 0.03)) events.push(`${user},opt_out,1,${iso(at + random() * 6 * DAY_MS)}`)
}

writeFileSync(join(import.meta.dirname, 'assignments.csv'), `${assignments.join('\n')}\n`)
writeFileSync(join(import.meta.dirname, 'events.csv'), `${events.join('\n')}\n`)
