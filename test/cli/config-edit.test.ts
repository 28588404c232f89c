import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { littlehub } from '../support/command-line.ts'

function setUp(t: Test, script: string) {
  const dir = t.testdir({ 'hub.yaml': 'port: 1\n', editor: `#!/bin/sh\n${script}\n` })
  chmodSync(path.join(dir, 'editor'), 0o700)
  const file = path.join(dir, 'hub.yaml')
  const environment = {
    LITTLEHUB_CONFIG: file,
    LITTLEHUB_DATA: path.join(dir, 'data'),
    EDITOR: `${path.join(dir, 'editor')} --wait`,
  }
  const edit = (answer?: string) =>
    littlehub(['config', 'edit'], { environment, ...(answer === undefined ? {} : { answer }) })
  return { dir, edit, text: () => readFileSync(file, 'utf8') }
}

t.test('what was edited is put in place when it has no mistake', async (t) => {
  const { edit, text } = setUp(t, 'echo "port: 2" > "$2"')
  t.match(await edit(), { code: 0, out: 'port: 1 → 2 (needs a restart)' })
  t.equal(text(), 'port: 2\n')
})

t.test('a mistake is told, and can be mended or given up', async (t) => {
  const twice =
    'if grep -q many "$2"; then echo "port: 3" > "$2"; else echo "port: many" > "$2"; fi'
  const first = setUp(t, twice)
  t.match(await first.edit('y'), { code: 0, err: /port: expected a whole number/ })
  t.equal(first.text(), 'port: 3\n')
  writeFileSync(path.join(first.dir, 'hub.yaml'), 'port: 1\n')
  t.match(await first.edit('n'), { code: 1, err: /as it was before/ })
  t.equal(first.text(), 'port: 1\n')
  t.match(await first.edit(), { code: 1 }, 'without anybody to ask it is given up')
})

t.test('an editor that fails changes nothing', async (t) => {
  const { edit, text } = setUp(t, 'echo "port: 2" > "$2"; exit 1')
  t.match(await edit(), { code: 1, err: /did not end well/ })
  t.equal(text(), 'port: 1\n')
})

t.test('what others changed while the editor was open stays, and so does the work', async (t) => {
  const { edit, text, dir } = setUp(
    t,
    'echo "port: 3" > "$LITTLEHUB_CONFIG"; echo "port: 2" > "$2"',
  )
  process.env['LITTLEHUB_CONFIG'] = path.join(dir, 'hub.yaml')
  t.teardown(() => delete process.env['LITTLEHUB_CONFIG'])
  const { code, err } = await edit()
  t.equal(code, 1)
  t.equal(text(), 'port: 3\n')
  const copy = /What you wrote is in (\S+)\./.exec(err)?.[1] ?? ''
  t.equal(readFileSync(copy, 'utf8'), 'port: 2\n')
  rmSync(path.dirname(copy), { recursive: true })
})
