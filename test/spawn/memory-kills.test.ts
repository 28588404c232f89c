/** Who is told that a memory limit ended a program. */
import t from 'tap'
import { createMemoryKills } from '../../src/spawn/memory-kills.ts'

const unit = (name: string, change: Readonly<Record<string, string>> = {}) => ({
  ...{ Id: `${name}.service`, InvocationID: name, ControlGroup: `/${name}` },
  ...{ ActiveState: 'active', SubState: 'running', ...change },
})

t.test('each new kill is told once, old ones and those of the dead are not', async (t) => {
  const counts: Record<string, number> = { '/a': 2, '/b': 0 }
  const kills = createMemoryKills({ memoryKills: (group) => counts[group] ?? 0 })
  const told: string[] = []
  kills.onKill((name) => told.push(name))
  const look = () => kills.look([unit('a'), unit('b')])
  look()
  look()
  t.same(told, [], 'what came before the first look is known')
  counts['/b'] = 1
  look()
  look()
  t.same(told, ['b.service'])
  Object.assign(counts, { '/a': 3, '/b': 2 })
  kills.look([unit('a'), unit('b', { ActiveState: 'failed', SubState: 'failed' })])
  t.same(told, ['b.service', 'a.service'])
  kills.begin('c')
  kills.look([unit('a')])
  counts['/c'] = 1
  kills.look([unit('c')])
  t.same(told.splice(2), ['c.service'], 'from its very beginning')
  kills.look([unit('a', { InvocationID: 'another run' })])
  t.equal(told.length, 2)
})
