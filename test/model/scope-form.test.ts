/** How a scope is written. */
import t from 'tap'
import { checkScopes, resolveFilter, scopeProblem } from '../../src/model/scope-form.ts'

t.test('a scope that is unknown or malformed is refused by name', (t) => {
  const bad = [
    'nosuch',
    'nosuch!user=ana',
    'read:users!',
    'read:users!user=',
    'read:users!colour=red',
    'read:users!group',
    'read:users!User=ana',
    'read:servers!server=ana',
    'read:servers!server=/lab',
    'self!user=ana',
    'inherit!user',
    '',
    '!user=ana',
    'toString',
  ]
  for (const scope of bad)
    t.match(scopeProblem(scope), /does not exist|cannot have a filter/, scope)
  const good = [
    'inherit',
    'self',
    'read:users',
    'read:users!user',
    'read:users!user=a!b=c',
    'read:servers!server=ana/',
    'read:groups!group=g',
    'access:services!service=x',
  ]
  for (const scope of good) t.equal(scopeProblem(scope), undefined, scope)
  t.throws(() => checkScopes(['read:users', 'nosuch']), { code: 'InvalidInput' })
  t.end()
})

t.test('a bare filter gets the value of the holder, and any other scope stays as it is', (t) => {
  const holder = { user: 'ana', server: 'ana/lab', service: 'grader' }
  t.equal(resolveFilter('read:tokens!user', holder), 'read:tokens!user=ana')
  t.equal(resolveFilter('read:tokens!user', {}), undefined)
  t.equal(resolveFilter('read:tokens!user=bob', holder), 'read:tokens!user=bob')
  t.end()
})
