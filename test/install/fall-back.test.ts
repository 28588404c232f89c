/** What is done when the hub keeps failing: the installed script itself, on a folder, with a systemd that only takes notes. */
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { createInstallation } from '../../src/config/installation.ts'
import { temporaryFolder } from '../support/hub.ts'

const scripts = path.resolve(import.meta.dirname, '../../scripts')

/** What a version says of itself; `answers`: it shows its login page. */
type Version = {
  readonly schema?: number
  readonly takesConfig?: boolean
  readonly answers?: boolean
}

/** Which version shows its login page is asked without a hub. */
const withoutHub = `
wait_for_login_page() { [ -e "$install_dir/current/answers" ]; }
runs_this_build() { :; }
`

/** Takes notes; that the unit has failed for good is a file. */
const systemctl = (folder: string): string => `#!/bin/sh
echo "$*" >> ${folder}/asked
case $1 in is-failed) test -e ${folder}/failed ;; is-enabled) false ;; esac
`

function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text, { mode: 0o755 })
}

/** The newest version runs; the others were there before, in order. */
function createPlace(t: Test, versions: Readonly<Record<string, Version>>, database = 4) {
  const folder = temporaryFolder(t)
  const config = path.join(folder, 'etc')
  write(path.join(config, 'config.yaml'), `data_dir: ${folder}/data # here\n`)
  mkdirSync(path.join(folder, 'data'))
  write(path.join(folder, 'bin/systemctl'), systemctl(folder))
  write(path.join(folder, 'bin/logger'), `#!/bin/sh\ncat >> ${folder}/logged\n`)
  const place = readFileSync(path.join(scripts, 'installation.sh'), 'utf8')
    .replace(/^readonly install_dir=.*$/m, `readonly install_dir=${folder}`)
    .replace(/^readonly config_dir=.*$/m, `readonly config_dir=${config}`)
  write(path.join(folder, 'scripts/installation.sh'), place + withoutHub)
  copyFileSync(path.join(scripts, 'fall-back.sh'), path.join(folder, 'scripts/fall-back.sh'))
  for (const [index, [name, version]] of Object.entries(versions).entries()) {
    const { schema = 4, takesConfig = true, answers = true } = version
    const here = path.join(folder, 'versions', name)
    write(
      path.join(here, 'littlehub'),
      `#!/bin/sh
case $1 in
  config) exit ${takesConfig ? 0 : 2} ;;
  version) echo '{"littlehub":"0.1.0","schema":${schema},"database":${database}}' ;;
esac\n`,
    )
    writeFileSync(path.join(here, 'answered'), '')
    if (answers) writeFileSync(path.join(here, 'answers'), '')
    const at = Date.now() / 1000 - 1000 + index * 10
    utimesSync(here, at, at)
  }
  const newest = Object.keys(versions).at(-1) ?? ''
  symlinkSync(`versions/${newest}`, path.join(folder, 'current'))
  const run = (word: string, environment: Readonly<Record<string, string>> = {}): string =>
    execFileSync('bash', [path.join(folder, 'scripts/fall-back.sh'), word], {
      encoding: 'utf8',
      env: { PATH: `${folder}/bin:${process.env['PATH'] ?? ''}`, ...environment },
    })
  const textOf = (name: string): string =>
    existsSync(path.join(folder, name)) ? readFileSync(path.join(folder, name), 'utf8') : ''
  const installation = createInstallation(
    `${folder}/versions/${newest}/littlehub`,
    path.join(folder, 'data'),
  )
  return {
    folder,
    /** The hub ended, as systemd tells it. */
    end: (result = 'signal', status = 'SEGV', times = 1) => {
      for (let time = 0; time < times; time++)
        run('ended', { SERVICE_RESULT: result, EXIT_STATUS: status })
    },
    lookAfter: () => run('now'),
    giveUp: () => writeFileSync(path.join(folder, 'failed'), ''),
    prove: () => installation.noteProven(),
    current: () => path.basename(readlinkSync(path.join(folder, 'current'))),
    asked: () => textOf('asked'),
    logged: () => textOf('logged'),
    told: () => installation.fallback(),
  }
}

const wasCalled = /--no-block start littlehub-fallback\.service/

t.test('a version that keeps failing makes way for the one before', async (t) => {
  const place = createPlace(t, { a: {}, b: {}, c: {} })
  place.end('signal', 'SEGV', 4)
  t.notMatch(place.asked(), wasCalled, 'four times are not often')
  place.end()
  t.match(place.asked(), wasCalled)
  place.lookAfter()
  t.equal(place.current(), 'b')
  t.match(
    place.asked(),
    /start littlehub\.socket littlehub-spawner\.socket\n[^]*restart littlehub\.service\n/,
  )
  const told = {
    to: 'b',
    sentence: /^c ended by itself 5 times .* by the signal SEGV; b runs again/,
  }
  t.match(place.told(), told)
  t.match(place.logged(), /MESSAGE=c ended[^]*OBJECT_SYSTEMD_UNIT=littlehub\.service/)
})

t.test('it does not go back up by itself, also when the older one fails as well', async (t) => {
  const place = createPlace(t, { a: {}, b: {} })
  place.end('watchdog', 'ABRT', 5)
  place.lookAfter()
  t.equal(place.current(), 'a')
  place.end('signal', 'SEGV', 5)
  place.lookAfter()
  t.equal(place.current(), 'a')
  place.giveUp()
  place.lookAfter()
  t.equal(place.current(), 'a')
  t.match(place.told(), { to: '', sentence: /^a .* is stopped\. No older version can take over/ })
})

t.test('a version that has run well for a while is not left', async (t) => {
  const place = createPlace(t, { a: {}, b: {} })
  place.prove()
  place.end('exit-code', '1', 9)
  t.notMatch(place.asked(), wasCalled)
  place.giveUp()
  place.lookAfter()
  t.equal(place.current(), 'b')
  t.match(place.told(), { to: '', sentence: /exit code 1 and is stopped\. It has run well before/ })
})

t.test('what no other version could mend is left as it is', async (t) => {
  const place = createPlace(t, { a: {}, b: {} })
  place.end('exit-code', '2', 9)
  t.notMatch(place.asked(), wasCalled)
  place.giveUp()
  place.lookAfter()
  t.equal(place.current(), 'b')
  t.match(place.told(), { sentence: /refuses its configuration/, advice: /littlehub doctor/ })
})

t.test('stops that were asked for do not count', async (t) => {
  const place = createPlace(t, { a: {}, b: {} })
  place.end('success', '0', 9)
  place.lookAfter()
  t.equal(place.current(), 'b')
  t.equal(place.told(), undefined)
})

t.test('failures of long ago do not count', async (t) => {
  const place = createPlace(t, { a: {}, b: {} })
  const longAgo = Math.floor(Date.now() / 1000) - 4000
  appendFileSync(path.join(place.folder, 'failures'), `${longAgo} b signal SEGV\n`.repeat(9))
  place.end()
  t.notMatch(place.asked(), wasCalled)
})

t.test('a version that cannot read the database is passed over', async (t) => {
  const place = createPlace(t, { a: { schema: 5 }, b: {}, c: { schema: 5 } }, 5)
  place.end('signal', 'SEGV', 5)
  place.lookAfter()
  t.equal(place.current(), 'a')
})

t.test('where none can read the database, the hub stays stopped, and it is said', async (t) => {
  const place = createPlace(t, { a: {}, b: { schema: 5 } }, 5)
  place.end('signal', 'SEGV', 5)
  place.lookAfter()
  t.notMatch(place.asked(), /restart/, 'as long as systemd tries, it may')
  place.giveUp()
  place.lookAfter()
  t.equal(place.current(), 'b')
  t.notMatch(place.asked(), /restart/)
  t.match(place.told(), {
    to: '',
    sentence: /is stopped\. a cannot read the database, which a newer version has changed/,
    advice: /backups from before upgrades are in .*backups/,
  })
})

t.test('a version that does not take the configuration is passed over', async (t) => {
  const place = createPlace(t, { a: {}, b: { takesConfig: false }, c: {} })
  place.end('signal', 'SEGV', 5)
  place.lookAfter()
  t.equal(place.current(), 'a')
})

t.test('one that does not answer either is left again', async (t) => {
  const place = createPlace(t, { a: { answers: false }, b: {} })
  place.end('timeout', 'TERM', 5)
  place.lookAfter()
  t.equal(place.current(), 'b')
  t.match(place.asked(), /--no-block restart littlehub\.service\n$/)
  place.giveUp()
  place.lookAfter()
  t.equal(place.current(), 'b')
  t.match(place.told(), { to: '', sentence: /did not start in time and is stopped/ })
})

t.test('while somebody installs, it is the installer who looks after the hub', async (t) => {
  const place = createPlace(t, { a: {}, b: {} })
  place.end('signal', 'SEGV', 5)
  const held = `exec 9> ${place.folder}/lock; flock 9; bash ${place.folder}/scripts/fall-back.sh now; true`
  const said = execFileSync('bash', ['-c', held], { encoding: 'utf8' })
  t.match(said, /install\.sh is at work/)
  t.equal(place.current(), 'b')
})
