/** Which versions and backups of before stay on the machine after upgrades: the installer's own functions, on a folder. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../support/hub.ts'

const scripts = path.resolve(import.meta.dirname, '../../scripts')

/** A place for installations, and its upgrades as far as versions go. */
function createPlace(t: Test) {
  const folder = temporaryFolder(t)
  const functions = path.join(folder, 'functions.sh')
  const text = ['installation.sh', 'service-install.sh'].map((name) =>
    readFileSync(path.join(scripts, name), 'utf8'),
  )
  writeFileSync(
    functions,
    text.join('\n').replace(/^readonly install_dir=.*$/m, `install_dir=${folder}`),
  )
  mkdirSync(path.join(folder, 'versions'))
  mkdirSync(path.join(folder, 'backups'))
  const bash = (script: string): string =>
    execFileSync('bash', ['-euo', 'pipefail', '-c', `. ${functions}\n${script}`], {
      encoding: 'utf8',
    })
  return {
    bash,
    /** What happens to the versions when `name` is installed. */
    install: (name: string) =>
      bash(`wanted=versions/${name} folder=$install_dir/versions/${name}
        if ! [ -e "$folder" ]; then mkdir "$folder"; cp /bin/true "$folder/littlehub"; fi
        previous=$(readlink "$install_dir/current") || true
        link_to "$wanted"
        remove_old_versions`),
    /** As if the last change of it had been then. */
    date: (name: string, when: string) => bash(`touch -d '${when}' "$install_dir/${name}"`),
    versions: () => readdirSync(path.join(folder, 'versions')).sort(),
    current: () => bash('readlink "$install_dir/current"').trim(),
  }
}

t.test('three versions stay: this one, the one before and one more', async (t) => {
  const place = createPlace(t)
  const installed = ['a', 'b', 'c', 'd', 'e']
  for (const [index, name] of installed.entries()) {
    place.install(name)
    t.same(place.versions(), installed.slice(Math.max(0, index - 2), index + 1))
    // Days go by.
    for (const other of place.versions()) place.date(`versions/${other}`, `${9 - index} days ago`)
  }
  t.equal(place.current(), 'versions/e')
})

t.test('an older version that is installed again stays, and the one it follows', async (t) => {
  const place = createPlace(t)
  for (const name of ['a', 'b', 'c']) place.install(name)
  place.date('versions/a', '30 days ago')
  place.date('versions/b', '20 days ago')
  place.date('versions/c', '10 days ago')
  place.install('a')
  place.install('d')
  t.same(place.versions(), ['a', 'c', 'd'])
})

t.test('installing the same again removes nothing', async (t) => {
  const place = createPlace(t)
  for (const name of ['a', 'b', 'c', 'c', 'c']) place.install(name)
  t.same(place.versions(), ['a', 'b', 'c'])
})

t.test('what is in use stays, whatever the clock said when others were installed', async (t) => {
  const place = createPlace(t)
  for (const name of ['a', 'b', 'c']) place.install(name)
  for (const name of ['a', 'b', 'c']) place.date(`versions/${name}`, '2 years')
  place.install('d')
  t.ok(place.versions().includes('d'), 'the current one')
  place.install('e')
  t.ok(place.versions().includes('e'), 'the current one')
  t.ok(place.versions().includes('d'), 'the one before')
})

t.test('of the backups that upgrades made three stay, the one just made among them', async (t) => {
  const place = createPlace(t)
  const make = (name: string): string[] =>
    place
      .bash(
        `backup_file=$install_dir/backups/before-${name}.tar.gz; : > "$backup_file"
        remove_beyond 3 "$install_dir"/backups/before-*.tar.gz; ls "$install_dir/backups"`,
      )
      .split('\n')
      .filter(Boolean)
  for (const [index, name] of ['a', 'b', 'c', 'd'].entries()) {
    make(name)
    place.date(`backups/before-${name}.tar.gz`, `${9 - index} days ago`)
  }
  t.same(make('e'), ['before-c.tar.gz', 'before-d.tar.gz', 'before-e.tar.gz'])
  for (const name of ['c', 'd', 'e']) place.date(`backups/before-${name}.tar.gz`, '2 years')
  t.ok(make('f').includes('before-f.tar.gz'))
})
