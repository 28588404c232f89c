/** What people read of a scope that they are asked to allow. */
import t from 'tap'
import { describeScope } from '../../src/model/scope.ts'
import { sentenceAbout } from '../../src/model/scope-words.ts'

t.test('a scope reads as a kind sentence', async (t) => {
  const rows: [scope: string, sentence: string][] = [
    ['access:servers!server=ana/', 'Open your server'],
    ['access:servers!server=ana/lab2', 'Open your server lab2'],
    ['access:servers!server=bob/', 'Open the server of bob'],
    ['access:servers!server=bob/lab2', 'Open the server lab2 of bob'],
    ['access:servers!user', 'Open your servers'],
    ['access:servers!user=bob', 'Open the servers of bob'],
    ['access:servers!group=class', 'Open the servers of everybody in class'],
    ['access:services!service=grader', 'Open the service grader'],
    ['read:users:name!user=ana', 'See your name'],
    ['read:users:groups!user=ana', 'See your groups'],
    ['read:users!user=bob', 'See the name, groups and last activity of bob'],
    ['servers!server=ana/', 'See, start and stop your server'],
    ['tokens!user=ana', 'See, make and revoke your API tokens'],
    ['access:servers', 'Open servers, with all that is in them'],
    ['read:groups!group=class', 'Read groups (only the group class)'],
    ['delete:users!user=ana', 'Remove users (only you)'],
    ['read:users:name!server=ana/', 'Read names of users (only your server)'],
    ['nonsense!user=ana', 'nonsense!user=ana'],
  ]
  for (const [scope, sentence] of rows)
    t.equal(describeScope(scope, { user: 'ana' }), sentence, scope)
})

t.test('scopes of the configuration are described by their own words', async (t) => {
  for (const name of ['custom:grade', 'constructor'])
    t.equal(
      sentenceAbout({ name, meaning: 'Grade' }, { kind: 'user', value: 'ana' }, 'ana'),
      'Grade (only you)',
    )
})
