/** Which spawners there are. */
import t from 'tap'
import { spawners } from '../../src/spawn/registry.ts'

t.test('every spawner is registered under its own name', async (t) => {
  t.same(Object.keys(spawners), ['process', 'systemd'])
  for (const [name, plugin] of Object.entries(spawners)) t.equal(plugin.name, name)
})
