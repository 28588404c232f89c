/** Every source file has its mirror test. */
import { existsSync, globSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'

const root = path.join(import.meta.dirname, '..')

/** Files without a mirror test, and why. A file that only holds types has nothing to run. */
const exceptions: Readonly<Record<string, string>> = {
  'src/main.ts': 'argv in, exit code out; the command line is tested as a process',
  'src/model/limits.ts': 'types only',
  'src/model/one-time-link.ts': 'types only',
  'src/model/token.ts': 'types only',
  'src/web/view-data.ts': 'types only',
  'src/web/view-parts.ts': 'types only',
  'src/proxy/policy.ts': 'types only',
  'src/spawn/helper-words.ts': 'types only',
  'src/standalone/options.ts': 'types only',
}

const sources = globSync('src/**/*.ts', { cwd: root }).sort()
const mirrorOf = (source: string): string =>
  source.replace(/^src\//, 'test/').replace(/\.ts$/, '.test.ts')
const hasMirror = (source: string): boolean => existsSync(path.join(root, mirrorOf(source)))

t.test('every source file has a mirror test', async (t) => {
  t.ok(sources.length > 50, 'the sources were found')
  const missing = sources.filter((source) => !(source in exceptions) && !hasMirror(source))
  t.same(
    missing.map((source) => `${source} wants ${mirrorOf(source)}`),
    [],
  )
})

t.test('every exception is still one', async (t) => {
  const stale = Object.keys(exceptions).filter((file) => !sources.includes(file) || hasMirror(file))
  t.same(stale, [])
})
