export { explainCommand } from './explain-command.ts'
export { replayCommand } from './replay-command.ts'
