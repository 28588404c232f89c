/** Starting one program. */
import { execFileSync } from 'node:child_process'
import { fstatSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { launch } from '../../src/spawn/launch.ts'
import { type Account } from '../../src/spawn/account.ts'
import { dataFolder, rootOnly, sh, stayAwake } from './support.ts'

stayAwake(t)

const account = (home: string, change: Partial<Account> = {}): Account => ({
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  name: 'ana',
  home,
  shell: '/bin/sh',
  through: [],
  ...change,
})

t.test('arguments arrive as they are, and no shell stands between', async (t) => {
  const home = dataFolder(t)
  const file = path.join(home, 'log')
  const strange = ['', 'a b', '$HOME', '*', '"', "'", '--', 'ü\n']
  const child = await launch({
    command: ['/usr/bin/printf', '<%s>', ...strange],
    account: account(home),
    environment: {},
    logDescriptor: openSync(file, 'a'),
  })
  t.same(await child.ended, { exitCode: 0 })
  t.equal(readFileSync(file, 'utf8'), strange.map((text) => `<${text}>`).join(''))
})

t.test('a program is looked for on the PATH of the server', async (t) => {
  const home = dataFolder(t)
  const request = (PATH: string) => ({
    command: ['printf', 'x'],
    account: account(home),
    environment: { PATH },
    logDescriptor: openSync('/dev/null', 'a'),
  })
  t.same(await (await launch(request('/nowhere:/usr/bin'))).ended, { exitCode: 0 })
  await t.rejects(launch(request('/nowhere')), { message: /^The program printf was not found/ })
})

t.test('the descriptor is closed in the hub, whether the program starts or not', async (t) => {
  const home = dataFolder(t)
  for (const command of [sh('exit'), ['/no/such']]) {
    const logDescriptor = openSync('/dev/null', 'a')
    await launch({ command, account: account(home), environment: {}, logDescriptor }).catch(
      () => undefined,
    )
    t.throws(() => fstatSync(logDescriptor), { code: 'EBADF' })
  }
})

t.test('a unix account gets its own groups, and none of the hub', rootOnly, async (t) => {
  const home = dataFolder(t)
  const file = path.join(home, 'log')
  const through = ['setpriv', '--reuid=1500007', '--regid=1500007', '--init-groups', '--']
  // A uid without an account has no groups to be given: setpriv refuses, and says so with its exit code.
  const child = await launch({
    command: sh('id -G'),
    account: account(home, { through }),
    environment: { PATH: '/usr/bin:/bin' },
    logDescriptor: openSync(file, 'a'),
  })
  const { exitCode } = await child.ended
  t.not(exitCode, 0)
  const daemon = execFileSync('id', ['-G', 'daemon'], { encoding: 'utf8' })
  const asDaemon = await launch({
    command: sh('id -G'),
    account: account(home, {
      through: ['setpriv', '--reuid=daemon', '--regid=daemon', '--init-groups', '--'],
    }),
    environment: { PATH: '/usr/bin:/bin' },
    logDescriptor: openSync(`${file}.2`, 'a'),
  })
  t.same(await asDaemon.ended, { exitCode: 0 })
  t.equal(readFileSync(`${file}.2`, 'utf8'), daemon)
})
