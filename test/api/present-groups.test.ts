/** What is shown of groups and services (contract §3.5). */
import t from 'tap'
import { createGroupPresenter } from '../../src/api/present-groups.ts'
import { expandScopes, createScopeSet } from '../../src/model/scope.ts'
import { createCore } from '../support/core.ts'

t.test('§9.126 what is seen of a group or service depends on the scope', async (t) => {
  const { context } = createCore(t)
  const present = createGroupPresenter(context)
  const [group] = context.groups.createMany(['course'])
  context.services.declare([{ name: 'cull', command: ['x'], url: 'http://127.0.0.1:1' }])
  const service = context.store.services.getByName('cull')
  if (!group) throw new Error('no group')
  const seen = (scope: string) => {
    const viewer = createScopeSet(expandScopes([scope], {}), () => [])
    return [present.group(group, viewer), present.service(service, viewer)].map((shown) =>
      Object.keys(shown).sort().join(' '),
    )
  }
  t.same(seen('read:groups:name'), ['kind name', ''])
  t.same(seen('read:roles:groups!group=course'), ['kind name roles', ''])
  t.same(seen('read:groups!group=other'), ['', ''])
  t.same(seen('read:groups'), ['kind name properties users', ''])
  t.same(seen('read:services:name'), ['', 'admin kind name'])
  t.same(seen('read:roles:services'), ['', 'admin kind name roles'])
  t.same(seen('read:services'), ['', 'admin command display info kind name pid prefix url'])
})
