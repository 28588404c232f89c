/**
 * An installation of The Littlest JupyterHub, as far as importing it goes. Its database is made by a real JupyterHub 5
 * and its passwords by Python's `dbm`; the folders, the configuration and the table of NativeAuthenticator are ours,
 * after their published shapes: the installer needs a machine of its own and GitHub.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const python = path.resolve(import.meta.dirname, '../../.littlehub/env-5/bin/python')

const make = `
import dbm, json, sys
from jupyterhub import orm
root, given = sys.argv[1], json.load(sys.stdin)
db = orm.new_session_factory(f'sqlite:///{root}/state/jupyterhub.sqlite')()
people = {}
for name, admin in given['people'].items():
    people[name] = orm.User(name=name, admin=admin)
    db.add(people[name])
for name, members in given['groups'].items():
    group = orm.Group(name=name)
    db.add(group)
    group.users.extend(people[member] for member in members)
db.add(orm.OAuthClient(identifier='jupyterhub', secret='', redirect_uri=''))
db.commit()
for name, secret, note, generated in given.get('tokens', []):
    people[name].new_api_token(token=secret, note=note, generated=generated, scopes=['inherit'])
db.commit()
with dbm.open(f'{root}/state/passwords.dbm', 'c') as file:
    for name, hash in given['firstUse'].items():
        file[name.encode()] = hash.encode()
connection = db.get_bind().raw_connection()
connection.execute('create table users_info (id integer primary key, username varchar(128), password blob, is_authorized boolean)')
for name, (hash, allowed) in given['native'].items():
    connection.execute('insert into users_info (username, password, is_authorized) values (?, ?, ?)', (name, hash.encode(), allowed))
connection.commit()
`

export type Tljh = {
  readonly people: Readonly<Record<string, boolean>>
  readonly groups: Readonly<Record<string, readonly string[]>>
  readonly firstUse: Readonly<Record<string, string>>
  /** A hash, and whether somebody let them in. */
  readonly native: Readonly<Record<string, readonly [string, boolean]>>
  readonly config: string
  /** Whose, its secret, what it is for, and whether JupyterHub made it. */
  readonly tokens?: readonly (readonly [string, string, string, boolean])[]
}

/** @returns its folder */
export function makeTljh(dir: string, tljh: Tljh): string {
  const root = path.join(dir, 'tljh')
  mkdirSync(path.join(root, 'state'), { recursive: true })
  mkdirSync(path.join(root, 'config'))
  writeFileSync(path.join(root, 'config', 'config.yaml'), tljh.config)
  execFileSync(python, ['-c', make, root], { input: JSON.stringify(tljh) })
  return root
}
