import { describe, expect, it } from 'vitest'
import { memoryOutput } from '../print/index.ts'
import { progressLine } from './progress-line.ts'

describe('a progress line', () => {
  it('is rewritten on a terminal, at most ten times a second, and erased at the end', () => {
    const output = { ...memoryOutput(), isInteractive: true }
    let time = 0
    const line = progressLine(output, () => time)
    line.update('1 row')
    time = 50
    line.update('2 rows')
    time = 150
    line.update('3 rows')
    line.done()
    expect(output.notes()).toBe('\r\u001b[2K1 row\r\u001b[2K3 rows\r\u001b[2K')
  })

  it('becomes a line every five seconds elsewhere, so that short work says nothing', () => {
    const output = memoryOutput()
    let time = 0
    const line = progressLine(output, () => time)
    for (; time <= 11_000; time += 1_000) line.update(`${time} ms`)
    line.done()
    expect(output.notes()).toBe('5000 ms\n10000 ms\n')
  })
})
