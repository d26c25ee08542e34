import { Command } from 'commander'
import { artifactCommand } from './cli/artifact/index.ts'
import { demoCommand } from './cli/commands/demo.ts'
import { evaluateCommand } from './cli/commands/evaluate.ts'
import { importCommand } from './cli/commands/import.ts'
import { planCommand } from './cli/commands/plan.ts'
import { serveCommand } from './cli/commands/serve.ts'
import { doctorCommand } from './cli/doctor/index.ts'
import { experimentCommand } from './cli/experiment/index.ts'
import { keysCommand } from './cli/keys/index.ts'
import { explainCommand, replayCommand } from './cli/past/index.ts'
import { type Output, processOutput } from './cli/print/index.ts'
import { calibrateCommand, simulateCommand } from './cli/simulate/index.ts'
import { connectFrom } from './connect.ts'
import { doctorDeps } from './doctor-deps.ts'

/** The `paloma` command with all its commands, over an environment and the machine's clock. */
export function palomaProgram(
  env: Readonly<Record<string, string | undefined>>,
  wallClock: () => number,
  output: Output = processOutput,
): Command {
  const connect = connectFrom(env, wallClock)
  return new Command('paloma')
    .description('Decides which message reaches which user, through which channel, and at what moment.')
    .addCommand(demoCommand(env, { output }))
    .addCommand(serveCommand(env, output))
    .addCommand(doctorCommand(doctorDeps(env, wallClock), output))
    .addCommand(keysCommand(connect, output))
    .addCommand(explainCommand(connect, output))
    .addCommand(replayCommand(connect, output))
    .addCommand(artifactCommand(connect, output))
    .addCommand(importCommand(output))
    .addCommand(planCommand(output))
    .addCommand(evaluateCommand(connect, output))
    .addCommand(simulateCommand(output))
    .addCommand(calibrateCommand(output))
    .addCommand(experimentCommand(output, connect, wallClock))
}
