/** Which version of an installation a program is; what writes its files is tested in install/fall-back.test.ts. */
import { readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { createInstallation } from '../../src/config/installation.ts'

const note = { from: 'b', to: 'a', sentence: 'b failed; a runs again.', advice: 'Upgrade.' }

t.test('what became of a version that kept failing is known to every version', async (t) => {
  const folder = t.testdir({ 'fallback.json': JSON.stringify(note), versions: { a: {}, b: {} } })
  for (const build of ['a', 'b'])
    t.match(createInstallation(`${folder}/versions/${build}/littlehub`, folder).fallback(), {
      to: 'a',
      sentence: note.sentence,
      advice: 'Upgrade.',
    })
})

t.test('without a note nothing failed', async (t) => {
  const folder = t.testdir({ versions: { a: {} } })
  t.equal(createInstallation(`${folder}/versions/a/littlehub`, folder).fallback(), undefined)
})

t.test('a version that ran well is noted once, for the owner of the data only', async (t) => {
  const dataDir = t.testdir({ 'proven-versions': 'a\n' })
  const b = '/opt/littlehub/versions/b/littlehub'
  const { noteProven } = createInstallation(b, dataDir)
  noteProven()
  noteProven()
  const file = path.join(dataDir, 'proven-versions')
  t.equal(readFileSync(file, 'utf8'), 'a\nb\n')
  rmSync(file)
  noteProven()
  t.equal(statSync(file).mode & 0o777, 0o600)
})

t.test('a program that was not installed keeps no notes', async (t) => {
  const dataDir = t.testdir({})
  const installation = createInstallation(process.execPath, dataDir)
  installation.noteProven()
  t.equal(statSync(path.join(dataDir, 'proven-versions'), { throwIfNoEntry: false }), undefined)
  t.equal(installation.fallback(), undefined)
})
