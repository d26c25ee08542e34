export * from './dependent-rounding.ts'
export * from './dual-price.ts'
export * from './limit-price.ts'
