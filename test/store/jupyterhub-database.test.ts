/** Reading the people of a JupyterHub. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { readJupyterHubTokens, readJupyterHubUsers } from '../../src/store/jupyterhub-database.ts'
import { makeTljh } from '../support/tljh.ts'

t.test('people, their groups and the passwords of those who were let in', async (t) => {
  const root = makeTljh(t.testdir(), {
    people: { ada: true, ben: false, cleo: false },
    groups: { maths: ['ben', 'ada'], art: ['ben'] },
    firstUse: {},
    native: { ben: ['$2b$12$x', true], cleo: ['$2b$12$y', false] },
    config: '',
  })
  const file = path.join(root, 'state', 'jupyterhub.sqlite')
  const before = readFileSync(file)
  t.same(readJupyterHubUsers(file), [
    { name: 'ada', admin: true, groups: ['maths'], passwordHash: undefined },
    { name: 'ben', admin: false, groups: ['art', 'maths'], passwordHash: '$2b$12$x' },
    { name: 'cleo', admin: false, groups: [], passwordHash: undefined },
  ])
  t.ok(readFileSync(file).equals(before), 'nothing was written')
})

t.test('tokens of people, but not those of servers', async (t) => {
  const root = makeTljh(t.testdir(), {
    ...{ people: { ada: true }, groups: {}, firstUse: {}, native: {}, config: '' },
    tokens: [
      ['ada', '0123456789abcdef0123456789abcdef', 'grades', true],
      ['ada', 'ffff456789abcdef0123456789abcdef', 'Server at /user/ada/', true],
    ],
  })
  const tokens = readJupyterHubTokens(path.join(root, 'state', 'jupyterhub.sqlite'))
  t.match(tokens, [
    { userName: 'ada', prefix: '0123', hashed: /^sha512:1:/, note: 'grades', scopes: ['inherit'] },
  ])
  t.equal(tokens.length, 1)
  const [token] = tokens
  t.equal(token?.expiresAt, undefined)
  t.ok(Math.abs(Date.now() - Number(token?.createdAt)) < 60_000, 'in UTC')
})

t.test('what is no database of a JupyterHub is said', async (t) => {
  const dir = t.testdir()
  writeFileSync(path.join(dir, 'text'), 'hello')
  t.throws(() => readJupyterHubUsers(path.join(dir, 'text')), /database/)
  t.throws(() => readJupyterHubUsers(path.join(dir, 'none')), /open/)
})
