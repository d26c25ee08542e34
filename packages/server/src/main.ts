#!/usr/bin/env node
import { Command } from 'commander'
import { demoCommand } from './cli/commands/demo.ts'
import { importCommand } from './cli/commands/import.ts'
import { planCommand } from './cli/commands/plan.ts'
import { serveCommand } from './cli/commands/serve.ts'
import { doctorCommand } from './cli/doctor/index.ts'
import { keysCommand } from './cli/keys/index.ts'
import { explainCommand, replayCommand } from './cli/past/index.ts'
import { endOnBrokenPipe, runCommand } from './cli/print/index.ts'
import { connectFrom } from './connect.ts'
import { doctorDeps } from './doctor-deps.ts'

endOnBrokenPipe(process)
const connect = connectFrom(process.env, Date.now)

const program = new Command('paloma')
  .description('Decides which message reaches which user, through which channel, and at what moment.')
  .addCommand(demoCommand(process.env))
  .addCommand(serveCommand(process.env))
  .addCommand(doctorCommand(doctorDeps(process.env, Date.now)))
  .addCommand(keysCommand(connect))
  .addCommand(explainCommand(connect))
  .addCommand(replayCommand(connect))
  .addCommand(importCommand())
  .addCommand(planCommand())

process.exitCode = await runCommand(program, process.argv.slice(2))
