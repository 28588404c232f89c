/** Which littlehub this is. */
import { readFileSync } from 'node:fs'

/** As package.json has it: `0.1.0`. */
export const version = readVersion()

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? 'unknown'
}
