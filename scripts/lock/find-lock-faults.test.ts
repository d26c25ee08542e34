import { describe, expect, it } from 'vitest'
import { findLockFaults, type LockedPackage } from './find-lock-faults.ts'

const locked: LockedPackage = { version: '1.0.0', integrity: 'sha512-x' }
const faults = (packages: Readonly<Record<string, LockedPackage>>) => findLockFaults({ packages })

describe('findLockFaults', () => {
  it('passes a lock in which every optional package lies beside or above the one that names it', () => {
    expect(
      faults({
        '': {},
        'packages/core': {},
        'node_modules/@paloma/core': { resolved: 'packages/core', link: true },
        'node_modules/fast': { ...locked, optionalDependencies: { '@fast/linux': '1', '@fast/mac': '1' } },
        'node_modules/@fast/linux': locked,
        'node_modules/fast/node_modules/@fast/mac': locked,
      }),
    ).toEqual([])
  })

  it('names an optional package that is missing, also when it lies where Node would not look', () => {
    const fast = { ...locked, optionalDependencies: { '@fast/mac': '1' } }
    expect(faults({ 'node_modules/fast': fast, 'node_modules/other/node_modules/@fast/mac': locked })).toEqual([
      'node_modules/fast names the optional package @fast/mac, which is not locked: npm ci fails on its platform',
    ])
  })

  it('names packages without integrity and packages tied to a host', () => {
    expect(faults({ 'node_modules/a': { version: '1.0.0' } })).toEqual(['node_modules/a has no integrity'])
    expect(faults({ 'node_modules/a': { ...locked, resolved: 'https://x.example/a.tgz' } })).toEqual([
      'node_modules/a is tied to https://x.example/a.tgz: set omit-lockfile-registry-resolved',
    ])
  })
})
