import { PalomaError } from '@paloma/core'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { alignTable, fitTable, memoryOutput, printReport, runCommand, shortened, showNumber } from './index.ts'

describe('printing', () => {
  it('puts one JSON object on stdout and nothing else when JSON is asked for', () => {
    const output = memoryOutput()
    printReport(output, { data: { rows: 3 }, text: 'three rows' }, true)
    expect(output.results()).toBe('{"rows":3}\n')
    expect(output.notes()).toBe('')
  })

  it('puts text for people on stdout otherwise, so that it can be piped', () => {
    const output = memoryOutput()
    printReport(output, { data: { rows: 3 }, text: 'three rows' }, false)
    expect(output.results()).toBe('three rows\n')
    expect(output.notes()).toBe('')
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

  it('aligns several columns of text to the left', () => {
    expect(alignTable(['id', 'name', 'n'], [['a', 'x', '10']], 2)).toBe(['  id  name   n', '  a   x     10'].join('\n'))
  })

  it('shortens the first column where a line would pass 100 characters', () => {
    const lines = fitTable(['action', 'b'], [['x'.repeat(120), '1'.repeat(40)]]).split('\n')
    expect(Math.max(...lines.map(({ length }) => length))).toBe(100)
  })

  it.each([
    ['short', 'short'],
    ['a-name-that-is-too-long', 'a-nam…long'],
  ])('shortens %s to %s in ten columns', (text, shown) => {
    expect(shortened(text, 10)).toBe(shown)
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

  it('answers 2 for an unknown flag of a command inside', async () => {
    const output = memoryOutput()
    const program = new Command('paloma').addCommand(new Command('inner').action(() => undefined))
    expect(await runCommand(program, ['inner', '--nope'], output)).toBe(2)
    expect(output.notes()).toBe("error: unknown option '--nope'\n")
  })

  it.each(['USAGE', 'RUNTIME_INVALID'])('answers 2 for %s', async (code) => {
    const fail = (): void => {
      throw new PalomaError(code, 'port must be an integer, got x')
    }
    expect(await runCommand(command(fail), ['--a', '1'], memoryOutput())).toBe(2)
  })

  it('does not hide a fault of the program', async () => {
    const fail = (): void => {
      throw new TypeError('a bug')
    }
    await expect(runCommand(command(fail), ['--a', '1'], memoryOutput())).rejects.toThrow('a bug')
  })
})
