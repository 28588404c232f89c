/** S-12: nobody gets in by a list that was left empty or a password that was never set. */
import t from 'tap'
import { dummy } from '../../src/auth/dummy.ts'
import { github } from '../../src/auth/github.ts'
import { native } from '../../src/auth/native.ts'
import { loadConfig } from '../../src/config/load.ts'
import { quickNeeds } from '../conformance/authenticator.ts'

const plugins = {
  auth: { native: native.options, dummy: dummy.options, github: github.options },
  spawner: {},
}

t.test('with nothing written, people need a password that they set themselves', async (t) => {
  const config = loadConfig(
    { env: {}, flags: {} },
    { ...plugins, spawner: { process: native.options } },
  )
  t.equal(config.auth.type, 'native')
  const authenticator = native.create(config.pluginOptions.auth, quickNeeds({ loopback: false }))
  if (authenticator.kind !== 'password') throw new Error('not a password login')
  for (const name of ['admin', 'root', 'ana'])
    for (const password of ['', 'admin', 'password', name]) {
      t.equal(await authenticator.check(name, password, undefined), undefined)
      const unset = { userId: 1, passwordHash: undefined }
      t.equal(await authenticator.check(name, password, unset), undefined, 'invited, not yet come')
    }
})

// §9.99
t.test('GitHub without a list of who may come is refused at the start', async (t) => {
  const options = {
    client_id: 'id',
    client_secret: 'secret',
    url: 'https://github.com',
    allow_all: false,
    allowed_users: [],
    allowed_organizations: [],
    allowed_teams: [],
    admin_users: [],
  }
  t.throws(() => github.create(options, quickNeeds()), {
    name: 'ConfigError',
    message: /nobody could log in/,
  })
})

t.test('trial accounts are refused where others can reach them', async (t) => {
  for (const password of ['', 'x'])
    t.throws(
      () => dummy.create({ password, allow_network: false }, quickNeeds({ loopback: false })),
      { name: 'ConfigError' },
    )
})
