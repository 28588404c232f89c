/** A spawner as a value. */
import t from 'tap'
import { Type } from 'typebox'
import { defineSpawner, type Spawner } from '../../src/spawn/spawner.ts'
import { quietLog } from './support.ts'

t.test('a plug-in is made with its own options and what it needs', async (t) => {
  const made: unknown[] = []
  const spawner = {} as Spawner
  const plugin = defineSpawner({
    name: 'still',
    options: Type.Object({ size: Type.Integer() }),
    create(options, needs) {
      made.push(options.size, needs.dataDir)
      return spawner
    },
  })
  t.equal(plugin.create({ size: 3 }, { log: quietLog(), dataDir: '/x' }), spawner)
  t.same(made, [3, '/x'])
  t.equal(plugin.name, 'still')
})
