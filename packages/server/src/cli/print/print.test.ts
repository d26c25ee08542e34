import { PalomaError } from '@paloma/core'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { alignTable, memoryOutput, printReport, runCommand, showNumber } from './index.ts'

describe('printing', () => {
  it('puts one JSON object on stdout and nothing else when JSON is asked for', () => {
    const output = memoryOutput()
    printReport(output, { data: { rows: 3 }, text: 'three rows' }, true)
    expect(output.results()).toBe('{"rows":3}\n')
    expect(output.notes()).toBe('')
  })

  it('puts text for people on stderr otherwise', () => {
    const output = memoryOutput()
    printReport(output, { data: { rows: 3 }, text: 'three rows' }, false)
    expect(output.results()).toBe('')
    expect(output.notes()).toBe('three rows\n')
  })

  it('aligns columns, the first to the left and the others to the right', () => {
    expect(
      alignTable(
        ['name', 'n'],
        [
          ['a', '1,000'],
          ['long name', '2'],
        ],
      ),
    ).toBe(['  name           n', '  a          1,000', '  long name      2'].join('\n'))
  })

  it.each([
    [64_000, '64,000'],
    [0.123456, '0.1235'],
    [123_456.7, '123,457'],
    [-0.5, '-0.5'],
  ])('shows %d as %s', (value, shown) => {
    expect(showNumber(value)).toBe(shown)
  })
})

describe('running a command', () => {
  const command = (act: () => void): Command => new Command('x').requiredOption('--a <a>').action(act)

  it('answers 0 when all went well, and for --help', async () => {
    expect(
      await runCommand(
        command(() => undefined),
        ['--a', '1'],
        memoryOutput(),
      ),
    ).toBe(0)
    expect(
      await runCommand(
        command(() => undefined),
        ['--help'],
        memoryOutput(),
      ),
    ).toBe(0)
  })

  it('answers 2 for wrong usage and says what was wrong', async () => {
    const output = memoryOutput()
    expect(
      await runCommand(
        command(() => undefined),
        [],
        output,
      ),
    ).toBe(2)
    expect(output.notes()).toContain("required option '--a <a>' not specified")
  })

  it('answers 1 for a failure and prints its code, message and hint', async () => {
    const output = memoryOutput()
    const fail = (): void => {
      throw new PalomaError('NO_LUCK', 'x must be 1, got 2', { hint: 'try 1' })
    }
    expect(await runCommand(command(fail), ['--a', '1'], output)).toBe(1)
    expect(output.notes()).toBe('error NO_LUCK: x must be 1, got 2\n  hint: try 1\n')
  })

  it('does not hide a fault of the program', async () => {
    const fail = (): void => {
      throw new TypeError('a bug')
    }
    await expect(runCommand(command(fail), ['--a', '1'], memoryOutput())).rejects.toThrow('a bug')
  })
})
