/** What is wrong with the lists of who may use the hub. */
import { normaliseName } from '../model/user.ts'
import { userFaults } from './check-declarations.ts'
import { type Fault } from './decode.ts'
import { type Config } from './schema.ts'

/** Nobody blocks an administrator by mistake: it might be the only one. */
export function checkUsers({ users, admin_users }: Pick<Config, 'users' | 'admin_users'>): Fault[] {
  const faults = Object.entries(users).flatMap(([key, names]) => userFaults(names, ['users', key]))
  if (faults.length > 0 || userFaults(admin_users, []).length > 0) return faults
  const admins = new Set([...admin_users, ...users.admin].map(normaliseName))
  const sentence = 'is an administrator by `admin_users` or `users.admin`; keep one of the two.'
  return users.blocked.flatMap((name, index) =>
    admins.has(normaliseName(name))
      ? [{ at: ['users', 'blocked', index], sentence, isMissing: false }]
      : [],
  )
}
