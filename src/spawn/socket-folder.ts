/** The folder below /run in which a server makes its socket: closed to everybody but its account and the hub. */
import { chmodSync, chownSync, lchownSync, lstatSync } from 'node:fs'
import path from 'node:path'
import { runProgram } from '../lib/run.ts'

const socketName = 'server.sock'

export const socketIn = (folder: string): string => path.join(folder, socketName)

/** Its group may pass through, and what is made in there gets this group. */
const openToGroup = 0o2710

/**
 * Lets a group in to a folder that systemd has made for one account, and to the socket, if that was quicker.
 * Only the account owns the folder's inside, so nothing in there is followed or opened.
 */
export function letIn(folder: string, group: number): void {
  const found = lstatSync(folder, { throwIfNoEntry: false })
  // The program has ended, and its folder with it.
  if (!found?.isDirectory()) return
  chownSync(folder, found.uid, group)
  chmodSync(folder, openToGroup)
  const socket = lstatSync(socketIn(folder), { throwIfNoEntry: false })
  if (socket?.isSocket()) lchownSync(socketIn(folder), found.uid, group)
}

/** The same for a server that was started by a hub that was root: the mode of its socket changes as well, by its owner. */
export async function letInLater(folder: string, group: number): Promise<void> {
  const found = lstatSync(folder, { throwIfNoEntry: false })
  if (found === undefined || found.gid === group) return
  letIn(folder, group)
  const owner = [`--reuid=${found.uid}`, `--regid=${found.gid}`, '--clear-groups'] as const
  await runProgram(['setpriv', ...owner, 'chmod', 'g+rw', socketIn(folder)])
}
