export * from './dependent-rounding.ts'
export * from './limit-price.ts'
