/** Whose files are. */
import { existsSync, lchownSync, lstatSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { runProgram } from './run.ts'

/** Gives a folder to somebody else. What belongs to others in there stays theirs; a link is given away itself, not what it leads to. */
export async function giveTo(
  folder: string,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): Promise<void> {
  const { uid: oldUid, gid: oldGid } = lstatSync(folder)
  if (oldUid === uid && oldGid === gid) return
  const how = ['--recursive', '--no-dereference', `--from=${oldUid}`] as const
  await runProgram(['chown', ...how, `${uid}:${gid}`, folder])
}

/**
 * What root has made in a folder of somebody else becomes theirs, so that they can go on with it; nothing happens where
 * this is not root, or the folder is root's own.
 * @param others folders in it whose inside is not theirs
 */
export async function giveToOwnerOf(folder: string, others: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0 || !existsSync(folder)) return
  const { uid, gid } = lstatSync(folder)
  if (uid === 0) return
  const names = readdirSync(folder)
  for (const name of names.filter((one) => others.includes(one))) {
    const file = path.join(folder, name)
    if (lstatSync(file).uid === 0) lchownSync(file, uid, gid)
  }
  const own = names.filter((name) => !others.includes(name)).map((name) => path.join(folder, name))
  if (own.length === 0) return
  const how = ['--recursive', '--no-dereference', '--from=0'] as const
  // What is gone by now needs no owner.
  await runProgram(['chown', ...how, `${uid}:${gid}`, '--', ...own], { accepted: [1] })
}

/** Does what root is asked to as the owner of a folder would: what they cannot read cannot be read then. */
export function asOwnerOf<Result>(folder: string, work: () => Result): Result {
  const { uid, gid } = lstatSync(folder, { throwIfNoEntry: false }) ?? { uid: 0, gid: 0 }
  const { seteuid, setegid, setgroups } = process
  if (process.getuid?.() !== 0 || uid === 0 || !seteuid || !setegid || !setgroups) return work()
  const groups = process.getgroups?.() ?? []
  try {
    setgroups([])
    setegid(gid)
    seteuid(uid)
    return work()
  } finally {
    seteuid(0)
    setegid(0)
    setgroups(groups)
  }
}
