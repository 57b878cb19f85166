#!/usr/bin/env node
import { processRuntime } from './process-runtime'
import { run } from './program'

void run(process.argv.slice(2), processRuntime()).then((exitCode) => {
  process.exitCode = exitCode
})
