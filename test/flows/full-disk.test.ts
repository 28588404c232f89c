/** A disk that is really full, in a name space of its own that takes it away again. */
import path from 'node:path'
import t from 'tap'

const rootOnly = process.getuid?.() === 0 ? {} : { skip: 'only root can make a small disk' }

t.test('a full disk', rootOnly, (t) => {
  const file = path.join(import.meta.dirname, 'inside/full-disk.ts')
  return t.spawn('unshare', ['--mount', process.execPath, file], { cwd: '/' }, 'full-disk.ts')
})
