/** Whose files are. */
import { lstatSync } from 'node:fs'
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
