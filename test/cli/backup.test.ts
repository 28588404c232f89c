import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { littlehub } from '../support/command-line.ts'
import { makePlace } from '../support/backup.ts'

const main = path.resolve(import.meta.dirname, '../../src/main.ts')

t.test('without a name it goes to where the hub keeps its own', async (t) => {
  const { dataDir, options } = await makePlace(t, 'ana')
  const { code, out, err } = await littlehub(['backup', ...options])
  t.equal(code, 0, err)
  t.match(out, /\/data\/backups\/littlehub-\d{8}-\d{6}\.tar\.gz$/)
  t.match(err, /without the files of people/)
  t.equal(statSync(out).mode & 0o777, 0o600)
  t.equal(statSync(path.join(dataDir, 'backups')).mode & 0o777, 0o700)
})

t.test('a script gets everything there is to know', async (t) => {
  const { folder, options } = await makePlace(t, 'ana')
  const file = path.join(folder, 'x.tar.gz')
  const { out } = await littlehub(['backup', file, '--homes', '--json', ...options])
  const { size } = statSync(file)
  t.match(JSON.parse(out), { file, bytes: size, schema: Number, homes: { ana: Number } })
  const again = await littlehub(['backup', file, ...options])
  t.match(again, { code: 1, err: /there already/ })
})

t.test('there is nothing to back up before there is a hub', async (t) => {
  const { options } = await makePlace(t)
  t.match(await littlehub(['backup', ...options]), { code: 1, err: /could not be written/ })
})

const canMount = process.getuid?.() === 0 ? {} : { skip: 'only root can make a small disk' }

t.test('a full disk is said to be full, and nothing half is left on it', canMount, async (t) => {
  const { folder, options } = await makePlace(t, 'ana')
  const script = `mkdir disk && mount -t tmpfs -o size=64k tmpfs disk
    "$@" && exit 9; ls -A disk`
  const command = [process.execPath, main, 'backup', 'disk/x.tar.gz', ...options]
  const words = ['--mount', 'sh', '-c', script, 'sh', ...command]
  const { stdout, stderr } = spawnSync('unshare', words, { cwd: folder, encoding: 'utf8' })
  t.match(stderr, /could not be written to .*(full|no space)/i)
  t.equal(stdout, '')
  t.same(readdirSync(folder).sort(), ['config.yaml', 'data', 'disk'])
})
