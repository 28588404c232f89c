/** The program: words in, exit code out. The only place that ends the process. */
import { run } from './cli/run.ts'
import { createTerminal } from './cli/terminal.ts'

const exit = (code: number): never => process.exit(code)

// What was printed is out by then: writes to files, terminals and pipes are synchronous on Linux.
void run(process.argv.slice(2), createTerminal({ exit })).then(exit)
