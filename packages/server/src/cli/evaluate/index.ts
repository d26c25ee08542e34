export { evaluationText } from './evaluation-text.ts'
export type { EvaluationView } from './evaluation-view.ts'
export { evaluationPage } from './report/evaluation-page.ts'
export { type UnitView, unitText } from './unit-text.ts'
