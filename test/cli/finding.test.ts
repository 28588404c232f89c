import t from 'tap'
import { fail, ok, warn } from '../../src/cli/finding.ts'

t.test('everything but a good finding says what to do', (t) => {
  t.same(ok('disk', 'empty'), { check: 'disk', level: 'ok', found: 'empty' })
  t.same(warn('disk', 'fullish', 'Tidy.'), {
    check: 'disk',
    level: 'warn',
    found: 'fullish',
    advice: 'Tidy.',
  })
  t.same(fail('disk', 'full', 'Tidy!'), {
    check: 'disk',
    level: 'fail',
    found: 'full',
    advice: 'Tidy!',
  })
  t.end()
})
