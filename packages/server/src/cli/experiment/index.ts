export { experimentCommand } from './experiment-command.ts'
export { liveExperimentCommands } from './live-commands.ts'
