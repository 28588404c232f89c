/** A store full of people: users with servers, groups, tokens, sessions, links and shares, as many as asked for. */
import { hashSecret } from '../../src/lib/secret.ts'
import { DAY, HOUR } from '../../src/lib/time.ts'
import { type Database } from '../../src/store/database.ts'

export type CrowdOptions = {
  readonly users: number
  /** How many of their servers run. */
  readonly active: number
  readonly now: Date
  /** Where running servers are; nothing has to answer there. */
  readonly serverUrl: string
  /** Members of each group but the one named `everyone`. */
  readonly groupSize: number
}

/** Secret of the token and of the session of `admin`. */
export const crowdSecret = 'the-administrator-of-a-crowd'

/** Secret of the administrator's token that may only list the members of `everyone`. */
export const narrowSecret = 'who-may-list-one-group'

export const nameOf = (index: number): string => `user-${String(index).padStart(6, '0')}`

const groupCount = 300
const serviceCount = 20
const shareHolders = 150

/** Fills an empty database in one transaction. Ids count from 1, `admin` first. */
export function fillCrowd(database: Database, options: CrowdOptions): void {
  database.transaction(() => {
    addPeople(database, options)
    addCredentials(database, options)
    addGroups(database, options)
    addServices(database, options)
    addShares(database, options)
  })
}

function addPeople(database: Database, { users, active, now, serverUrl }: CrowdOptions): void {
  const addUser = database.prepare(
    `insert into users (name, slug, admin, password_hash, created_at, last_activity_at)
     values (:name, :name, :admin, :hash, :at, :seen)`,
  )
  const addServer = database.prepare(
    `insert into servers (user_id, name, state, url, spawn_state, started_at, last_activity_at)
     values (:id, :name, :state, :url, :spawn, :at, :at)`,
  )
  const at = now.getTime() - 2 * HOUR
  for (let id = 1; id <= users; id++) {
    const name = id === 1 ? 'admin' : nameOf(id)
    const seen = id % 3 === 0 ? null : at - (id % 40) * DAY
    const hash = id % 2 === 0 ? null : 'no hash of any password'
    addUser.run({ name, admin: id === 1 ? 1 : 0, hash, at: at - 50 * DAY, seen })
    const runs = id > 1 && id <= active + 1
    const spawn = runs ? JSON.stringify({ run: id }) : null
    const [state, url] = runs ? ['ready', serverUrl] : ['stopped', null]
    addServer.run({ id, name: '', state, url, spawn, at })
    if (id % 5 === 0)
      addServer.run({ id, name: 'other', state: 'stopped', url: null, spawn: null, at })
  }
}

function addCredentials(database: Database, { users, now }: CrowdOptions): void {
  const addToken = database.prepare(
    `insert into tokens (hash, user_id, note, scopes, created_at, expires_at)
     values (:hash, :id, 'for a program', :scopes, :at, :end)`,
  )
  const addSession = database.prepare(
    `insert into sessions (hash, user_id, public_id, created_at, seen_at, expires_at, address, user_agent)
     values (:hash, :id, :hash, :at, :at, :end, '127.0.0.1', 'a browser')`,
  )
  const addLink = database.prepare(
    `insert into one_time_links (hash, kind, user_id, created_at, expires_at)
     values (:hash, 'invite', :id, :at, :end)`,
  )
  const at = now.getTime()
  const end = at + 5 * DAY
  for (let id = 1; id <= users; id++) {
    addToken.run({ hash: hashSecret(`token-${id}`), id, scopes: '["inherit"]', at, end })
    addSession.run({ hash: hashSecret(`session ${id}`), id, at, end })
    if (id % 2 === 0) addLink.run({ hash: hashSecret(`link ${id}`), id, at, end })
  }
  const mine = { id: 1, at, end }
  addToken.run({ ...mine, hash: hashSecret(crowdSecret), scopes: '["inherit"]' })
  const narrow = '["list:users!group=everyone","read:users!group=everyone"]'
  addToken.run({ ...mine, hash: hashSecret(narrowSecret), scopes: narrow })
  addSession.run({ ...mine, hash: hashSecret(crowdSecret) })
}

function addGroups(database: Database, { users, groupSize }: CrowdOptions): void {
  const addGroup = database.prepare('insert into groups (name) values (?)')
  const addMember = database.prepare('insert into group_members (group_id, user_id) values (?, ?)')
  addGroup.run(['everyone'])
  for (let id = 1; id <= users; id++) addMember.run([1, id])
  for (let group = 2; group <= groupCount; group++) {
    addGroup.run([`group-${group}`])
    for (let member = 0; member < Math.min(groupSize, users); member++)
      addMember.run([group, 1 + ((group * groupSize + member) % users)])
  }
}

function addServices(database: Database, { now, serverUrl }: CrowdOptions): void {
  const add = database.prepare(
    'insert into services (name, url, from_config, created_at) values (?, ?, 0, ?)',
  )
  for (let id = 1; id <= serviceCount; id++) add.run([`service-${id}`, serverUrl, now.getTime()])
}

/** Everybody shares with the next one, the administrator with many, and some with everyone. */
function addShares(database: Database, { users, now }: CrowdOptions): void {
  const addShare = database.prepare(
    `insert into shares (server_id, user_id, group_id, scopes, created_at, expires_at)
     select id, :user, :group, '["access:servers"]', :at, :end from servers
     where user_id = :owner and name = ''`,
  )
  const addCode = database.prepare(
    `insert into share_codes (hash, server_id, scopes, created_at, expires_at)
     select :hash, id, '["access:servers"]', :at, :end from servers
     where user_id = :owner and name = ''`,
  )
  const at = now.getTime()
  const end = at + 5 * DAY
  for (let owner = 2; owner < users; owner++) {
    addShare.run({ owner, user: owner + 1, group: null, at, end })
    addCode.run({ owner, hash: hashSecret(`code ${owner}`), at, end })
  }
  for (let user = 2; user <= Math.min(shareHolders, users); user++) {
    addShare.run({ owner: 1, user, group: null, at, end })
    addShare.run({ owner: user, user: null, group: 1, at, end })
  }
}
