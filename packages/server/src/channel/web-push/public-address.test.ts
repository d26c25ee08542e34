import { describe, expect, it } from 'vitest'
import { isPublicAddress, lookupPublic } from './public-address.ts'

describe('isPublicAddress', () => {
  it.each(['93.184.216.34', '8.8.8.8', '172.15.0.1', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
    'lets %s be called',
    (address) => {
      expect(isPublicAddress(address)).toBe(true)
    },
  )

  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.8.8.8',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    'fd12::1',
    'fe80::1',
    'ff02::1',
    'not an address',
  ])('keeps %s from being called', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})

describe('lookupPublic', () => {
  const lookUp = (name: string, all: boolean): Promise<unknown> =>
    new Promise((resolve, reject) => {
      lookupPublic(name, { all }, (error, address, family) => (error ? reject(error) : resolve([address, family])))
    })

  it('answers in both forms of dns.lookup', async () => {
    expect(await lookUp('8.8.8.8', false)).toEqual(['8.8.8.8', 4])
    expect(await lookUp('8.8.8.8', true)).toEqual([[{ address: '8.8.8.8', family: 4 }], undefined])
  })

  it('refuses a name in a private network', async () => {
    await expect(lookUp('localhost', true)).rejects.toMatchObject({ code: 'EPRIVATE' })
    await expect(lookUp('localhost', false)).rejects.toMatchObject({ code: 'EPRIVATE' })
  })

  it('passes on that a name does not exist', async () => {
    await expect(lookUp('nobody.invalid', true)).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/)
  })
})
