/** The doctor looks at the unix accounts of people, where servers run as such. */
import { runProgram } from '../lib/run.ts'
import { accountFaults, type AccountFacts } from '../spawn/account-faults.ts'
import { type SystemdOptions } from '../spawn/systemd-options.ts'
import { fail, ok, type Finding } from './finding.ts'

/** More of one kind say nothing new. */
const mostFaults = 10

export async function checkAccounts(
  options: Pick<SystemdOptions, 'account_prefix'>,
  users: AccountFacts['users'],
): Promise<Finding[]> {
  const passwd = await runProgram(['getent', 'passwd'])
  const faults = accountFaults(options, { passwd, users })
  if (faults.length === 0)
    return [ok('accounts', 'those of people are their own, and their homes closed to others')]
  const findings = faults
    .slice(0, mostFaults)
    .map(({ found, advice }) => fail('accounts', found, advice))
  const more = faults.length - mostFaults
  if (more > 0) findings.push(fail('accounts', `${more} more`, 'Mend these, and run this again.'))
  return findings
}
