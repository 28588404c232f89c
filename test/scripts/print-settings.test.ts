import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { listSettings, wholeSchema } from '../../src/config/sections.ts'
import { pluginSchemas } from '../../src/context.ts'

const checkout = path.resolve(import.meta.dirname, '../..')
const document = readFileSync(path.join(checkout, 'docs/settings.md'), 'utf8')

t.test('docs/settings.md is what the schema says; print it again when it is not', async (t) => {
  const script = path.join(checkout, 'scripts/print-settings.ts')
  t.equal(document, execFileSync(process.execPath, [script], { encoding: 'utf8' }))
})

t.test('every setting has a row with a meaning', async (t) => {
  for (const { key } of listSettings(wholeSchema(pluginSchemas)))
    if (!/^auth\.native$/.test(key))
      t.match(document, new RegExp(`\`${key}\` \\|.*\\| \\S.*\\|$`, 'm'))
})
