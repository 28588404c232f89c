/** A disk that is nearly full is noticed, told once in the log, and forgotten when there is room. */
import t from 'tap'
import { createDiskWatch, lookAtDisks, type Room } from '../../src/core/disk-watch.ts'
import { createLog } from '../../src/lib/log.ts'

const mebibyte = 2 ** 20

function watch(folders: readonly string[], roomOf: (folder: string) => Room) {
  const lines: string[] = []
  const log = createLog({ level: 'warn' }, { write: (line) => void lines.push(line) })
  return { disks: createDiskWatch({ folders, log, roomOf }), lines }
}

t.test('the problem is there as long as the disk is full', async (t) => {
  let freeBytes = 900 * mebibyte
  const { disks, lines } = watch(['/data', '/home'], (folder) => ({
    totalBytes: 10_000 * mebibyte,
    freeBytes: folder === '/home' ? freeBytes : 5000 * mebibyte,
  }))
  t.equal(disks.problem, undefined)
  disks.look()
  t.equal(disks.problem, undefined)
  freeBytes = 99.5 * mebibyte
  disks.look()
  disks.look()
  t.match(disks.problem, /^The disk of \/home is full but for 99 MiB: free space there/)
  t.equal(lines.length, 1, 'the log says so once')
  freeBytes = 900 * mebibyte
  disks.look()
  t.equal(disks.problem, undefined)
})

t.test('a small disk with room in it is none, and nor is a folder that is not there', async (t) => {
  const { disks } = watch(['/small', '/missing'], (folder) => {
    if (folder === '/missing') throw new Error('ENOENT')
    return { totalBytes: 64 * mebibyte, freeBytes: 40 * mebibyte }
  })
  disks.look()
  t.equal(disks.problem, undefined)
})

t.test('the machine itself is asked', async (t) => {
  const disks = createDiskWatch({ folders: ['/proc'], log: createLog({ level: 'silent' }) })
  disks.look()
  t.equal(disks.problem, undefined, 'a file system without blocks is never full')
})

t.test('room for the database is taken while there is some, and a failure is no end', async (t) => {
  let freeBytes = 5000 * mebibyte
  const { disks } = watch(['/data'], () => ({ totalBytes: 10_000 * mebibyte, freeBytes }))
  const lines: string[] = []
  const log = createLog({ level: 'warn' }, { write: (line) => void lines.push(line) })
  let taken = 0
  const store = {
    lacksRoom: () => true,
    keepRoom() {
      taken += 1
      return taken === 1 ? Promise.resolve() : Promise.reject(new Error('full'))
    },
  }
  await lookAtDisks({ disks, store, log })
  t.same([taken, lines.length], [1, 0])
  await lookAtDisks({ disks, store, log })
  t.same([taken, lines.length], [2, 1])
  freeBytes = 0
  await lookAtDisks({ disks, store, log })
  t.equal(taken, 2, 'not on a full disk')
})
