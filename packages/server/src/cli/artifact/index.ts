export { artifactCommand } from './artifact-command.ts'
