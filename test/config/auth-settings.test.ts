/** The settings that every way of logging in has. */
import { Type } from 'typebox'
import t from 'tap'
import { auth } from '../../src/config/auth-settings.ts'

t.test('nothing is kept and no group is managed until somebody says so', async (t) => {
  const { enable_auth_state, manage_groups, admin_groups } = auth.properties
  for (const setting of [enable_auth_state, manage_groups])
    t.match(setting, { default: false, description: /\.$/ })
  t.same(Reflect.get(admin_groups, 'default'), [])
  t.ok(Type.IsBoolean(enable_auth_state))
})
