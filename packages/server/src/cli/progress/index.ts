export { type ProgressLine, progressLine } from './progress-line.ts'
