/** Accounts of earlier users, and homes that are missing, open or somebody else's. */
import { chmodSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { accountFaults } from '../../src/spawn/account-faults.ts'

const settings = { account_prefix: 'jupyter-' }
const ana = { id: 7, name: 'ana', slug: 'ana' }

type Line = { readonly name?: string; readonly id?: number; readonly uid?: number }

function examine(t: Test, { name = 'jupyter-ana', id = 7, uid }: Line, mode?: number) {
  const home = path.join(t.testdir(), 'home')
  if (mode !== undefined) {
    mkdirSync(home)
    chmodSync(home, mode)
  }
  const comment = id === 0 ? '' : `littlehub user ${id}`
  const line = `${name}:x:${uid ?? process.getuid?.() ?? 0}:1:${comment}:${home}:/bin/bash`
  return accountFaults(settings, { passwd: `root:x:0:0::/root:/bin/sh\n${line}`, users: [ana] })
}

t.test('an account with its own closed home is fine, and so is none yet', async (t) => {
  t.same(examine(t, {}, 0o700), [])
  t.same(examine(t, { id: 0 }, 0o750), [], 'made before the hub')
  t.same(examine(t, { name: 'jupyter-ben', id: 9 }, 0o777), [], 'of nobody who is here')
})

for (const [what, line, mode, found] of [
  ['of an earlier user', { id: 8 }, 0o700, /jupyter-ana belongs to an earlier user, so ana has/],
  ['without a home', {}, undefined, /home folder .* of jupyter-ana does not exist/],
  ['with a home of somebody else', { uid: 4711 }, 0o700, /does not belong to jupyter-ana/],
  ['with an open home', {}, 0o705, /others may look into/],
] as const)
  t.test(`an account ${what} is a fault with its remedy`, async (t) => {
    const [fault, ...more] = examine(t, line, mode)
    t.match(fault, { found, advice: /jupyter-ana|chmod o=/ })
    t.same(more, [])
  })
