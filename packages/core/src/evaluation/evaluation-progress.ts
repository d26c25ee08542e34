/** Told how far an evaluation is: `done` of `of` steps of the part that has begun. */
export type EvaluationProgress = (at: {
  readonly part: 'model' | 'estimators' | 'bootstrap'
  readonly done: number
  readonly of: number
}) => void
