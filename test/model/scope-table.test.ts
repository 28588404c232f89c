/** The scope table is whole, and the documentation is printed from it. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { isScopeName, scopeTable, selfScopes, withSubScopes } from '../../src/model/scope-table.ts'

t.test('every scope that another includes is in the table', (t) => {
  for (const { includes } of Object.values(scopeTable))
    for (const name of includes) t.ok(isScopeName(name), name)
  for (const name of selfScopes) t.ok(isScopeName(name), name)
  t.end()
})

t.test('no scope includes itself, however deep', (t) => {
  for (const [name, { includes }] of Object.entries(scopeTable))
    for (const included of includes)
      if (isScopeName(included)) t.notOk(withSubScopes(included).has(name), `${name} ${included}`)
  t.end()
})

t.test('a scope brings what it includes, and what that includes', (t) => {
  const includes = (name: keyof typeof scopeTable): string[] => [...withSubScopes(name)].sort()
  t.same(includes('list:users'), ['list:users', 'read:users:name'])
  t.same(includes('servers'), [
    'delete:servers',
    'read:servers',
    'read:users:name',
    'servers',
    'start:servers',
  ])
  t.notOk(withSubScopes('read:users').has('list:users'), 'reading is not listing')
  t.notOk(withSubScopes('users').has('read:servers'), 'users without their servers')
  t.notOk(withSubScopes('users').has('tokens'), 'users without their tokens')
  t.ok(withSubScopes('admin:users').has('read:users:activity'))
  t.end()
})

t.test('only names of the table are scopes', (t) => {
  for (const name of ['', 'all', 'toString', '__proto__', 'read:userss', 'READ:users'])
    t.notOk(isScopeName(name), name)
  t.end()
})

t.test('docs/scopes.md is what the table says', (t) => {
  const printed = execFileSync(process.execPath, ['scripts/print-scopes.ts'], {
    cwd: new URL('../..', import.meta.url),
    encoding: 'utf8',
  })
  t.equal(readFileSync(new URL('../../docs/scopes.md', import.meta.url), 'utf8'), printed)
  t.end()
})
