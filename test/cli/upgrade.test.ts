import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { ownInstaller } from '../../src/cli/upgrade.ts'
import { littlehub } from '../support/command-line.ts'

t.test('the installer of the archive does it, and what servers run is left alone', async (t) => {
  const dir = t.testdir({ 'littlehub-9-linux-x64': {} })
  const said = path.join(dir, 'said')
  writeFileSync(path.join(dir, 'littlehub-9-linux-x64/install.sh'), `echo "$@" >${said}; exit 7`)
  const archive = path.join(dir, 'x.tar.gz')
  execFileSync('tar', ['-czf', archive, '-C', dir, 'littlehub-9-linux-x64'])
  t.equal((await littlehub(['upgrade', '--archive', archive, '--dry-run'])).code, 7)
  t.equal(readFileSync(said, 'utf8'), `--offline ${archive} --user-env none --dry-run\n`)
})

t.test('what is no release, and what was not installed, is said', async (t) => {
  const dir = t.testdir({ littlehub: '', 'install.sh': '' })
  const file = path.join(dir, 'x.tar.gz')
  writeFileSync(file, 'x')
  t.match(await littlehub(['upgrade', '--archive', file]), { code: 1, err: /no release archive/ })
  t.match(await littlehub(['upgrade']), { code: 1, err: /not installed by install\.sh/ })
  const both = await littlehub(['upgrade', '--archive', file, '--version', '1.0.0'])
  t.match(both, { code: 2, err: /leave --version out/ })
  t.equal(ownInstaller(path.join(dir, 'littlehub')), path.join(dir, 'install.sh'))
})
