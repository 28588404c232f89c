/** Which littlehub this is. */
import { readFileSync } from 'node:fs'
import { programFile } from './program.ts'

/** As package.json has it: `0.1.0`. */
export const version = readVersion()

function readVersion(): string {
  const text = readFileSync(programFile('package.json'), 'utf8')
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? 'unknown'
}
