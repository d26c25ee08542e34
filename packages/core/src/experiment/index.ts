export * from './assignment.ts'
