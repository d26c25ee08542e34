export { evaluateApart } from './evaluate-apart.ts'
export { readOutApart } from './read-out-apart.ts'
