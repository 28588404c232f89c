/** Which littlehub this is. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { version } from '../../src/lib/version.ts'

t.test('the version is the one of package.json', async (t) => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  t.equal(version, (JSON.parse(text) as { version: string }).version)
})
