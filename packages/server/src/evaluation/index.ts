export { evaluateApart } from './evaluate-apart.ts'
