import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { checkParts, parseManifest, sumOf } from '../../src/core/backup-manifest.ts'

const sum = (text: string): string => createHash('sha256').update(text).digest('hex')

const manifest = {
  format: 1 as const,
  littlehub: '0.1.0',
  schema: 4,
  made_at: '2026-11-25T20:00:00.000Z',
  machine: 'here',
  parts: { 'littlehub.db': sum('db'), 'signing-key': sum('key') },
  homes: { ana: 200_001 },
}

t.test('only what it can be is read', async (t) => {
  t.same(parseManifest(JSON.stringify(manifest)), manifest)
  for (const wrong of [
    '',
    'null',
    JSON.stringify({ ...manifest, format: 2 }),
    JSON.stringify({ ...manifest, parts: {} }),
    JSON.stringify({ ...manifest, homes: { '../etc': 0 } }),
  ])
    t.throws(() => parseManifest(wrong), { code: 'InvalidInput' }, wrong)
})

t.test('a part that is not what was written is named', async (t) => {
  const dir = t.testdir({ 'littlehub.db': 'db', 'signing-key': 'key' })
  t.equal(await sumOf(path.join(dir, 'signing-key')), sum('key'))
  await checkParts(dir, manifest)
  writeFileSync(path.join(dir, 'signing-key'), 'kex')
  const thrown = await checkParts(dir, manifest).catch((e: unknown) => e)
  t.match(thrown, { code: 'InvalidInput', message: /signing-key/ })
})
