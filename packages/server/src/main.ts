#!/usr/bin/env node
import { Command } from 'commander'
import { importCommand } from './cli/commands/import.ts'
import { planCommand } from './cli/commands/plan.ts'
import { serveCommand } from './cli/commands/serve.ts'
import { runCommand } from './cli/print/index.ts'

const program = new Command('paloma')
  .description('Decides which message reaches which user, through which channel, and at what moment.')
  .addCommand(serveCommand(process.env))
  .addCommand(importCommand())
  .addCommand(planCommand())

process.exitCode = await runCommand(program, process.argv.slice(2))
