import t from 'tap'
import { littlehub } from '../support/command-line.ts'

t.test('says which littlehub and which Node this is', async (t) => {
  const { code, out } = await littlehub(['version'])
  t.equal(code, 0)
  t.match(out, /^littlehub \d+\.\d+\.\d+, Node 2\d\./)
})

t.test('says it to a script', async (t) => {
  const { out } = await littlehub(['version', '--json'])
  t.match(JSON.parse(out), { littlehub: /^\d+\.\d+\.\d+$/, node: process.versions.node })
})
