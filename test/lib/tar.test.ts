import { chmodSync, readFileSync, truncateSync, statSync, mkdirSync } from 'node:fs'
import { getPriority } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { eachName, pack, unpack } from '../../src/lib/tar.ts'

t.test('what is packed from several folders is unpacked by name', async (t) => {
  const dir = t.testdir({ one: { a: 'A', 'odd\nname': '' }, two: { below: { b: 'B' } }, out: {} })
  const file = path.join(dir, 'x.tar.gz')
  await pack(file, [
    { dir: path.join(dir, 'one'), names: ['a', 'odd\nname'] },
    { dir: path.join(dir, 'two'), names: ['below'] },
    { dir, names: [] },
  ])
  const names: string[] = []
  await eachName(file, (name) => names.push(name))
  t.same(names, ['a', 'odd\\nname', 'below/', 'below/b'])
  await unpack(file, path.join(dir, 'out'), { names: ['below'], owners: false })
  t.equal(readFileSync(path.join(dir, 'out/below/b'), 'utf8'), 'B')
  t.equal(statSync(path.join(dir, 'out/a'), { throwIfNoEntry: false }), undefined)
})

t.test('what is missing or cut off is an error', async (t) => {
  const dir = t.testdir({ a: 'A'.repeat(10_000) })
  const file = path.join(dir, 'x.tar.gz')
  t.match(await pack(file, [{ dir, names: ['b'] }]).catch((e: unknown) => e), Error)
  await pack(file, [{ dir, names: ['a'] }])
  mkdirSync(path.join(dir, 'out'))
  const unpacked = unpack(file, path.join(dir, 'out'), { names: ['b'], owners: false })
  t.match(await unpacked.catch((e: unknown) => e), Error)
  truncateSync(file, statSync(file).size - 20)
  t.match(await eachName(file, () => undefined).catch((e: unknown) => e), Error)
})

t.test('it is behind all else that the machine does', async (t) => {
  const dir = t.testdir({ tar: '#!/bin/sh\nnice > "$0.nice"\n' })
  chmodSync(path.join(dir, 'tar'), 0o755)
  const { PATH = '' } = process.env
  t.teardown(() => (process.env['PATH'] = PATH))
  process.env['PATH'] = `${dir}:${PATH}`
  await pack('x.tar.gz', [])
  const nice = Number(readFileSync(path.join(dir, 'tar.nice'), 'utf8'))
  t.equal(nice, Math.min(19, getPriority() + 19))
})
