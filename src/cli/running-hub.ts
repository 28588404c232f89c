/** Asks the running hub for what only it can do: stopping servers that it watches. */
import { findRunningHub } from '../config/data-dir.ts'
import { internalPortFact, type WholeContext } from '../context.ts'
import { HubError } from '../lib/errors.ts'
import { pollUntil } from '../lib/poll.ts'
import { MINUTE } from '../lib/time.ts'
import { escapeName, isActive, type Server } from '../model/server.ts'
import { type User } from '../model/user.ts'

/** Longest wait for one server to end; the spawner's own patience is shorter. */
const timeoutMs = MINUTE

type Needs = Pick<WholeContext, 'config' | 'store' | 'tokens'>

/**
 * Has the hub stop everything `user` runs, in their own name; resolves when nothing runs any more.
 * Does nothing when no hub runs: then the verbs of this process can stop them as well.
 * @throws {HubError} Unavailable when the hub does not do it.
 */
export async function stopServersOf(user: User, needs: Needs): Promise<void> {
  const active = needs.store.servers.listOf(user.id).filter(isActive)
  const hub = findRunningHub(needs.config.data_dir)
  if (active.length === 0 || hub === undefined) return
  const { token, secret } = needs.tokens.issue({
    user,
    note: 'littlehub user delete',
    scopes: ['delete:servers!user'],
    expiresInSeconds: (2 * timeoutMs) / 1000,
  })
  try {
    await Promise.all(active.map((server) => stopServer(server, secret, needs)))
  } finally {
    needs.tokens.revoke(token)
  }
}

async function stopServer(server: Server, secret: string, { config, store }: Needs): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs)
  const user = `http://127.0.0.1:${store.facts.find(internalPortFact) ?? ''}${config.base_url}hub/api/users/${escapeName(server.userName)}`
  const url = server.name === '' ? `${user}/server` : `${user}/servers/${escapeName(server.name)}`
  try {
    const response = await fetch(url, {
      method: 'DELETE',
      headers: { authorization: `token ${secret}` },
      signal,
    })
    if (!response.ok) throw new Error(`it answered ${response.status} ${await response.text()}`)
    const isOver = (): Promise<boolean> => {
      const row = store.servers.find(server.id)
      return Promise.resolve(row === undefined || !isActive(row))
    }
    if (!(await pollUntil(isOver, { timeoutMs, firstMs: 50, maxMs: 1000, signal })))
      throw new Error('the server did not end in time')
  } catch (thrown) {
    throw new HubError(
      'Unavailable',
      `The running hub did not stop a server of ${server.userName}; nothing was deleted. Try again, or stop the hub first.`,
      { cause: thrown },
    )
  }
}
