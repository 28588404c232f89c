/** The benchmark of the store: it runs, ends by itself, and tells by its exit code what it found. */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const script = path.resolve(import.meta.dirname, '../../scripts/bench-store.ts')

async function bench(...words: string[]): Promise<{ code: unknown; stdout: string }> {
  try {
    const options = { timeout: 60_000 }
    const { stdout } = await promisify(execFile)(process.execPath, [script, ...words], options)
    return { code: 0, stdout }
  } catch (thrown) {
    return thrown as { code: unknown; stdout: string }
  }
}

const few = ['--users', '50', '--runs', '1', '--only', 'state=ready']

t.test('it says how it is used', async (t) => {
  const { code, stdout } = await bench('--help')
  t.equal(code, 0)
  t.match(stdout, /^usage: node scripts\/bench-store\.ts .*--limit-ms/)
})

t.test('it measures what is asked for and ends', async (t) => {
  const { code, stdout } = await bench(...few, '--json', '--limit-ms', '10000')
  t.equal(code, 0)
  t.match(JSON.parse(stdout), [
    { name: 'users state=ready', statuses: { 200: 1 } },
    { name: 'users state=ready, paged', statuses: { 200: 1 } },
  ])
})

t.test(
  'what stops the loop for longer than the limit is marked, and the exit code is 1',
  async (t) => {
    const { code, stdout } = await bench(...few, '--limit-ms', '0.001')
    t.equal(code, 1)
    t.equal(stdout.match(/ OVER$/gm)?.length, 2)
  },
)
