#!/usr/bin/env node
import { endOnBrokenPipe, runCommand } from './cli/print/index.ts'
import { palomaProgram } from './program.ts'

endOnBrokenPipe(process)
process.exitCode = await runCommand(palomaProgram(process.env, Date.now), process.argv.slice(2))
