/** The authenticators there are. */
import t from 'tap'
import { authenticators } from '../../src/auth/registry.ts'
import { settings } from '../../src/config/schema.ts'

t.test('each is found under its own name, and the setting names them all', async (t) => {
  for (const [name, plugin] of Object.entries(authenticators)) {
    t.equal(plugin.name, name)
    t.match(JSON.stringify(settings.properties.auth.properties.type), new RegExp(`\\b${name}\\b`))
  }
})

t.test('names of JavaScript are no authenticators', async (t) => {
  for (const name of ['constructor', '__proto__', 'toString'])
    t.notOk(Object.hasOwn(authenticators, name))
})
