/** What the API may answer with. `support/api.ts` holds every answer of every API test to it. */
import t from 'tap'
import { Value } from 'typebox/value'
import { listOf, models, refusal, server, user } from '../../src/api/schemas.ts'

t.test('a model has no field that is not its own, and none without its kind', async (t) => {
  t.ok(Value.Check(user, { kind: 'user', name: 'ana' }))
  t.ok(Value.Check(user, { kind: 'user', name: 'ana', last_activity: null, servers: {} }))
  t.notOk(Value.Check(user, { kind: 'user', name: 'ana', password_hash: 'x' }))
  t.notOk(Value.Check(user, { kind: 'service', name: 'ana' }))
  t.notOk(Value.Check(user, { kind: 'user', name: 'ana', created: 'yesterday' }))
  t.notOk(Value.Check(server, { name: 'lab' }))
})

t.test('a list comes bare or as a page', async (t) => {
  const list = listOf(refusal)
  const page = { offset: 0, limit: 50, total: 1, next: null }
  const one = { status: 404, message: 'no' }
  t.ok(Value.Check(list, one))
  t.ok(Value.Check(list, { items: one, _pagination: page }))
  t.notOk(Value.Check(list, { items: one }))
  t.equal(new Set(Object.values(models)).size, Object.keys(models).length, 'no model twice')
})
