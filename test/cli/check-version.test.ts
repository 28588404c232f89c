/** A version that kept failing; a real one is in install/crash-loop.test.ts. */
import t from 'tap'
import { checkVersion } from '../../src/cli/check-version.ts'

const words = { sentence: 'b ended 5 times; a runs again.', advice: 'Upgrade.' }

t.test('an older version that runs in the place of another is told, with what to do', async (t) => {
  t.match(checkVersion({ to: 'a', ...words }, true), [
    { check: 'version', level: 'fail', found: words.sentence, advice: 'Upgrade.' },
  ])
})

t.test('that the hub was stopped is told for as long as it is', async (t) => {
  t.match(checkVersion({ to: '', ...words }, false), [{ level: 'fail' }])
  t.same(checkVersion({ to: '', ...words }, true), [])
})

t.test('of a version that runs well nothing is said', async (t) => {
  t.same(checkVersion(undefined, true), [])
})
