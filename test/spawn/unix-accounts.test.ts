/** Names of unix accounts; the accounts themselves are made on a machine (inside/accounts.ts). */
import t from 'tap'
import { unixName } from '../../src/spawn/unix-accounts.ts'

t.test('an account is called like its user, as far as useradd takes it', async (t) => {
  t.equal(unixName('jupyter-', 'ana'), 'jupyter-ana')
  t.equal(unixName('', 'ana'), 'ana')
  const longest = 'a'.repeat(24)
  t.equal(unixName('jupyter-', longest), `jupyter-${longest}`)
})

t.test('long names are cut and stay different', async (t) => {
  const slugs = ['a'.repeat(25), 'a'.repeat(31), `${'a'.repeat(30)}b`, `${'a'.repeat(24)}b`]
  const names = slugs.map((slug) => unixName('jupyter-', slug))
  t.equal(new Set(names).size, slugs.length)
  for (const name of names) t.match(name, /^jupyter-[a-z0-9-]{24}$/)
})
