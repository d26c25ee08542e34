export * from './dependent-rounding.ts'
