import t from 'tap'
import { customScopeProblems } from '../../src/model/custom-scope.ts'
import { defineCustomScopes, findScope, withSubScopes } from '../../src/model/scope-table.ts'
import { createScopeSet, expandScopes } from '../../src/model/scope.ts'
import { scopeProblem } from '../../src/model/scope-form.ts'

const scope = (description: string, ...subscopes: string[]) => ({ description, subscopes })
const problemsOf = (name: string, ...subscopes: string[]): string[] =>
  customScopeProblems({ [name]: scope('x', ...subscopes), 'custom:fine': scope('fine') }).map(
    (problem) => problem.name,
  )

t.test(
  '§9.123 a custom scope has a name of its own, a description, and custom subscopes',
  async (t) => {
    for (const name of [
      'read:hub',
      'custom:',
      'custom:a',
      'custom:a!',
      'custom:A1',
      'custom:abc!user',
    ])
      t.same(problemsOf(name), [name], name)
    for (const name of ['custom:abc', 'custom:jupyter_server:read:*', 'custom:a-b'])
      t.same(problemsOf(name), [], name)
    for (const subscope of ['read:hub', 'custom:undefined', ''])
      t.same(problemsOf('custom:abc', subscope), ['custom:abc'], subscope)
    t.same(problemsOf('custom:abc', 'custom:fine'), [])
    t.match(customScopeProblems({ 'custom:abc': scope(' ') }), [{ sentence: /description/ }])
  },
)

t.test('a custom scope is a scope like any other', async (t) => {
  t.teardown(() => defineCustomScopes({}))
  t.match(scopeProblem('custom:grades'), /does not exist/)
  defineCustomScopes({
    'custom:grades': scope('Read and write grades', 'custom:grades:read'),
    'custom:grades:read': scope('Read grades', 'custom:grades'),
  })
  t.equal(scopeProblem('custom:grades!group=staff'), undefined)
  t.equal(findScope('custom:grades')?.meaning, 'Read and write grades')
  t.same([...withSubScopes('custom:grades')], ['custom:grades', 'custom:grades:read'])
  const held = createScopeSet(expandScopes(['custom:grades!user'], { user: 'ana' }), () => [])
  t.same(held.list(), ['custom:grades!user=ana', 'custom:grades:read!user=ana'])
  t.ok(held.has('custom:grades:read', { user: 'ana' }))
  t.notOk(held.has('custom:grades:read', { user: 'ben' }))
  defineCustomScopes({ 'custom:grades': scope('Read and write grades') })
  t.same([...withSubScopes('custom:grades')], ['custom:grades'], 'what it includes may change')
  defineCustomScopes({})
  t.equal(findScope('custom:grades'), undefined)
})
