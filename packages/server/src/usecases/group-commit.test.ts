import { PalomaError } from '@paloma/core'
import { describe, expect, it } from 'vitest'
import { RowsRefused } from '../store/contract.ts'
import { groupCommit } from './group-commit.ts'
import { besideFaults, writeEach } from './item-results.ts'

const doubled = async (items: readonly number[]): Promise<readonly number[]> => items.map((item) => 2 * item)

describe('groupCommit', () => {
  it('writes together what arrives together, and gives each caller his own part', async () => {
    const batches: (readonly number[])[] = []
    const commit = groupCommit<number, number>((items) => {
      batches.push(items)
      return doubled(items)
    })
    const results = await Promise.all([commit.add([1, 2]), commit.add([]), commit.add([3])])
    expect(results).toEqual([[2, 4], [], [6]])
    expect(batches).toEqual([[1, 2, 3]])
  })

  it('collects the next batch while one is being written', async () => {
    const batches: (readonly number[])[] = []
    let open = (): void => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const commit = groupCommit<number, number>(async (items) => {
      batches.push(items)
      if (batches.length === 1) await gate
      return doubled(items)
    })
    const first = commit.add([1])
    while (batches.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const rest = [commit.add([2]), commit.add([3])]
    open()
    expect(await Promise.all([first, ...rest])).toEqual([[2], [4], [6]])
    expect(batches).toEqual([[1], [2, 3]])
  })

  it('fails the caller whose rows are bad and nobody beside him', async () => {
    const commit = groupCommit<number, number>(async (items) => {
      if (items.includes(13)) throw new RangeError('unlucky')
      return doubled(items)
    })
    const [good, bad, other] = await Promise.allSettled([commit.add([1]), commit.add([13, 2]), commit.add([3])])
    expect(good).toEqual({ status: 'fulfilled', value: [2] })
    expect(bad).toMatchObject({ status: 'rejected', reason: { message: 'unlucky' } })
    expect(other).toEqual({ status: 'fulfilled', value: [6] })
    expect(await commit.add([4])).toEqual([8])
  })

  it('asks a store that is gone once more for all, and not for each caller', async () => {
    let asked = 0
    const commit = groupCommit<number, number>(async () => {
      asked += 1
      throw new PalomaError('STORE_UNREACHABLE', 'nobody there')
    })
    const answers = await Promise.allSettled([1, 2, 3, 4].map((item) => commit.add([item])))
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 'rejected', reason: { message: 'nobody there' } })
    expect(asked).toBe(2)
  })

  it('gets over a connection that breaks', async () => {
    const breaks = [true]
    const commit = groupCommit<number, number>((items) => {
      if (breaks.pop() === true) return Promise.reject(new PalomaError('STORE_UNREACHABLE', 'terminated'))
      return doubled(items)
    })
    expect(await Promise.all([commit.add([1]), commit.add([2])])).toEqual([[2], [4]])
  })

  it('keeps a batch within its bound, but never splits one caller', async () => {
    const sizes: number[] = []
    const commit = groupCommit<number, number>((items) => {
      sizes.push(items.length)
      return doubled(items)
    }, 3)
    await Promise.all([commit.add([1, 2]), commit.add([3, 4]), commit.add([5]), commit.add([6, 7, 8, 9])])
    expect(sizes).toEqual([2, 3, 4])
  })
})

describe('writeEach', () => {
  it('names the refused rows beside what became of the others', async () => {
    const refuse = (): Promise<readonly number[]> =>
      Promise.reject(new RowsRefused([{ index: 1, reason: 'unlucky' }], [2, 6]))
    expect(await writeEach([1, 13, 3], refuse)).toEqual([
      { kind: 'written', result: 2 },
      { kind: 'refused', error: { code: 'ROW_REFUSED', detail: expect.stringContaining('unlucky'), pointer: '' } },
      { kind: 'written', result: 6 },
    ])
  })

  it('lets any other failure through', async () => {
    await expect(writeEach([1], () => Promise.reject(new Error('down')))).rejects.toThrow('down')
  })
})

describe('besideFaults', () => {
  it('runs what is sound and puts the faults back in their places', async () => {
    const error = { code: 'ODD', detail: 'odd' }
    const results = await besideFaults(
      [1, 2, 3, 4],
      (item) => (item % 2 === 1 ? error : undefined),
      async (items) => items.map((value) => ({ ok: true, status: 'created', value })),
    )
    const done = (value: number) => ({ ok: true, status: 'created', value })
    expect(results).toEqual([{ ok: false, error }, done(2), { ok: false, error }, done(4)])
  })
})
