/** What is wrong with the unix accounts that the hub made: whose they are, and who may look into their homes. */
import { lstatSync } from 'node:fs'
import { markOf, unixName, type UnixAccountSettings } from './unix-accounts.ts'

export type AccountFault = {
  readonly found: string
  readonly advice: string
}

export type AccountFacts = {
  /** As `getent passwd` prints it. */
  readonly passwd: string
  readonly users: readonly { readonly id: number; readonly name: string; readonly slug: string }[]
}

export function accountFaults(
  settings: Pick<UnixAccountSettings, 'account_prefix'>,
  { passwd, users }: AccountFacts,
): AccountFault[] {
  const entries = new Map(passwd.split('\n').map((line) => [line.split(':', 1)[0] ?? '', line]))
  return users.flatMap((user) => {
    const entry = entries.get(unixName(settings.account_prefix, user.slug))
    return entry === undefined ? [] : faultOf(entry, user)
  })
}

/** @see passwd(5) */
function faultOf(entry: string, user: { readonly id: number; readonly name: string }) {
  const [name = '', , uid, , comment = '', home = ''] = entry.split(':')
  const mark = markOf(user)
  if (/^littlehub user \d+$/.test(comment) && comment !== mark)
    return {
      found: `the account ${name} belongs to an earlier user, so ${user.name} has no servers`,
      advice: `Give it to this one with its files: usermod -c "${mark}" ${name}; or take it away: userdel ${name}`,
    }
  return homeFault({ name, uid: Number(uid), home }) ?? []
}

function homeFault(account: {
  readonly name: string
  readonly uid: number
  readonly home: string
}): AccountFault | undefined {
  const { name, uid, home } = account
  const stat = lstatSync(home, { throwIfNoEntry: false })
  if (!stat?.isDirectory())
    return {
      found: `the home folder ${home} of ${name} does not exist`,
      advice: `Put it back from a backup, or make an empty one: install -d -m 700 -o ${name} -g ${name} ${home}`,
    }
  if (stat.uid !== uid)
    return {
      found: `the home folder ${home} does not belong to ${name}`,
      advice: `chown -R -h ${name}: ${home}`,
    }
  if ((stat.mode & 0o007) === 0) return undefined
  return { found: `others may look into ${home}`, advice: `chmod o= ${home}` }
}
