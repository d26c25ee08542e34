import { describe, expect, it } from 'vitest'
import { countsFrom } from './metrics-text.ts'

describe('countsFrom', () => {
  it('reads gauges and statuses and passes over everything else', () => {
    const text = [
      '# HELP paloma_decisions Decisions in the log.',
      '# TYPE paloma_decisions gauge',
      'paloma_decisions 12',
      'paloma_is_learner 1',
      'paloma_sends{status="sent"} 7',
      'paloma_sends{status="refused"} 2',
      'paloma_http_request_duration_seconds_bucket{le="0.001",method="GET"} 5',
      '',
    ].join('\n')
    expect(countsFrom(text)).toEqual({
      decisions: 12,
      stateId: 0,
      usersInMemory: 0,
      isLearner: true,
      sends: { sent: 7, refused: 2 },
    })
  })
})
