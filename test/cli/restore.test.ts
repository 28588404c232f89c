import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { createBrowser } from '../support/browser.ts'
import { littlehub } from '../support/command-line.ts'
import { backUp, listing, makePlace, type Place } from '../support/backup.ts'
import { startHub } from '../support/hub.ts'
import { logIn } from '../support/pages.ts'

const main = path.resolve(import.meta.dirname, '../../src/main.ts')

const usersOf = async ({ options }: Place): Promise<string> =>
  (await littlehub(['user', 'list', '--json', ...options])).out

t.test('a dry run says what it is and changes nothing', async (t) => {
  const file = await backUp(await makePlace(t, 'ana'))
  const place = await makePlace(t, 'ben')
  const before = listing(place.folder)
  const { code, err } = await littlehub(['restore', file, '--dry-run', '--homes', ...place.options])
  t.equal(code, 0)
  t.match(err, /by littlehub .*: 1 user, the files of 1\.\nNothing was changed/)
  t.equal(listing(place.folder), before)
})

t.test('it asks first', async (t) => {
  const file = await backUp(await makePlace(t, 'ana'))
  const place = await makePlace(t, 'ben')
  const words = ['restore', file, ...place.options]
  t.match(await littlehub(words), { code: 2, err: /add --yes/ })
  t.match(await littlehub(words, { answer: 'n' }), { code: 1, err: /Nothing was changed/ })
  t.match(await usersOf(place), /"ben"/)
  t.same(readdirSync(place.folder).sort(), ['config.yaml', 'data'])
  t.match(await littlehub(words, { answer: 'y' }), { code: 0, err: /It is in place/ })
  t.match(await usersOf(place), /"ana"/)
})

t.test('a running hub keeps its data', async (t) => {
  const place = await makePlace(t, 'ana')
  const file = await backUp(place)
  await startHub(t, { dataDir: place.dataDir })
  const restored = await littlehub(['restore', file, '--yes', ...place.options])
  t.match(restored, { code: 1, err: /A hub runs on .*Stop it first/ })
})

t.test('elsewhere, people, logins, tokens and settings are as they were', async (t) => {
  const old = await makePlace(t, 'ben')
  writeFileSync(old.config, 'cull: { timeout: 3h }\n', { flag: 'a' })
  const { hub, url } = await startHub(t, { dataDir: old.dataDir, users: ['ana'] })
  const browser = createBrowser(url)
  await logIn(browser, 'ana')
  const issued = await littlehub(['token', 'add', 'ana', ...old.options])
  const file = path.join(old.folder, 'x.tar.gz')
  t.match(await littlehub(['backup', file, '--homes', ...old.options]), { code: 0 })
  await hub.stop({ servers: true })

  const place = await makePlace(t, 'carla')
  const restored = await littlehub(['restore', file, '--yes', '--homes', ...place.options])
  t.match(restored, { code: 0 }, restored.err)
  t.match(readFileSync(place.config, 'utf8'), /timeout: 3h/)
  const again = await startHub(t, { dataDir: place.dataDir, settings: { port: new URL(url).port } })
  const me = { headers: { authorization: `token ${issued.out}` } }
  t.match(await (await fetch(`${again.url}/hub/api/user`, me)).json(), { name: 'ana' })
  t.match((await browser.open('/hub/home')).text, /ana/)
  t.equal(readFileSync(path.join(place.dataDir, 'homes/ben/notes.txt'), 'utf8'), 'of ben')
})

t.test('a configuration that does not hold here is refused, or left out', async (t) => {
  const old = await makePlace(t, 'ana')
  writeFileSync(old.config, 'data_dir: /srv/elsewhere\n')
  const file = await backUp(old)
  const place = await makePlace(t, 'ben')
  const words = ['restore', file, '--yes', ...place.options]
  const before = listing(place.folder)
  t.match(await littlehub(words), { code: 1, err: /data in \/srv\/elsewhere.*--keep-config/ })
  t.equal(listing(place.folder), before)
  t.match(await littlehub([...words, '--keep-config']), { code: 0 })
  t.match(readFileSync(place.config, 'utf8'), /data_dir: \.\/data/)
})

const canMount = process.getuid?.() === 0 ? {} : { skip: 'only root can make a small disk' }

t.test('a full disk leaves everything as it was', canMount, async (t) => {
  const old = await makePlace(t, 'ana')
  writeFileSync(path.join(old.dataDir, 'homes/ana/large'), 'x'.repeat(3_000_000))
  const file = await backUp(old)
  const place = await makePlace(t, 'ben')
  const script = `cp -a data saved && mount -t tmpfs -o size=2m tmpfs data && cp -a saved/. data && rm -r saved
    "$@" && exit 9; cd data && find . -name '*restore*'; grep -c ana littlehub.db`
  const command = [process.execPath, main, 'restore', file, '--yes', '--homes', ...place.options]
  const words = ['--mount', 'sh', '-c', script, 'sh', ...command]
  const said = spawnSync('unshare', words, { cwd: place.folder, encoding: 'utf8' })
  t.match(said.stderr, /the disk is full.*Everything is as it was/)
  t.equal(said.stdout, '0\n')
  rmSync(path.join(place.folder, 'saved'), { recursive: true, force: true })
})
