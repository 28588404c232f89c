/** The executable, built from this checkout when it is not there or not up to date. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'

const checkout = path.resolve(import.meta.dirname, '../..')
const dist = path.join(checkout, 'dist')

/** @returns `dist/`, with `littlehub`, its archive and `SHA256SUMS`. Several tests may ask at the same time. */
export function buildBinary(): string {
  mkdirSync(dist, { recursive: true })
  const words = [dist, process.execPath, 'scripts/build-binary.ts', '--archive']
  // The test runner adds itself to every Node program of its children.
  const env = { ...process.env, NODE_OPTIONS: '' }
  execFileSync('flock', words, { cwd: checkout, env, stdio: ['ignore', 'ignore', 'inherit'] })
  return dist
}
