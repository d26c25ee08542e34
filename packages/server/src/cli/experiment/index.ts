export { experimentCommand } from './experiment-command.ts'
