/** The accounts of this machine, as the doctor tells of them. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { checkAccounts } from '../../src/cli/check-accounts.ts'

const options = { account_prefix: '' }

t.test('where nobody has an account that is wrong, one line says so', async (t) => {
  const users = [{ id: 1, name: 'nobody-of-that-name', slug: 'nobody-of-that-name' }]
  t.match(await checkAccounts(options, users), [{ check: 'accounts', level: 'ok' }])
})

t.test('faults are named, but not all of a hundred', async (t) => {
  const missing = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name = '', , , , , home]) => /^[a-z]+$/.test(name) && home === '/nonexistent')
  const [name = 'games'] = missing ?? []
  const users = Array.from({ length: 12 }, (_, id) => ({ id, name, slug: name }))
  const findings = await checkAccounts(options, users)
  t.equal(findings.length, 11)
  t.match(findings[0], { level: 'fail', found: /home folder \S+ of \S+ does not exist/ })
  t.match(findings[10], { level: 'fail', found: '2 more' })
})
