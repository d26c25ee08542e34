export * from './hash53.ts'
export { murmur3 } from './murmur3.ts'
export * from './random-from.ts'
