/** A new certificate is taken when it is good, and nothing worse than the one before ever is. */
import { copyFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { createCertificates } from '../../src/core/certificates.ts'
import { DAY } from '../../src/lib/time.ts'
import { createLog } from '../../src/lib/log.ts'
import { createAuthority, type Made } from '../support/made-certificates.ts'

function prepare(t: Test) {
  const dir = t.testdir()
  const authority = createAuthority(dir)
  const files = { cert: path.join(dir, 'live.pem'), key: path.join(dir, 'live.key') }
  const lines: string[] = []
  let now = new Date()
  const certificates = createCertificates({
    clock: { now: () => now },
    log: createLog({ level: 'info' }, { write: (line) => void lines.push(line) }),
    files: () => files,
    host: () => undefined,
  })
  const put = ({ cert, key }: Made): void => {
    copyFileSync(cert, files.cert)
    copyFileSync(key, files.key)
  }
  const names = () => certificates.find()?.names
  const moveTo = (date: Date) => (now = date)
  return { authority, files, certificates, lines, put, names, moveTo }
}

t.test('files that come and change are noticed, and listeners told', async (t) => {
  const { authority, certificates, put, names } = prepare(t)
  let told = 0
  certificates.onChange(() => (told += 1))
  certificates.look()
  t.equal(names(), undefined)
  put(authority.sign('one', ['one.example.org']))
  certificates.look()
  certificates.look()
  t.same(names(), ['one.example.org'])
  put(authority.sign('two', ['two.example.org']))
  certificates.look()
  t.same(names(), ['two.example.org'])
  t.equal(told, 2)
})

t.test('half of a new pair waits for the other half, without a word', async (t) => {
  const { authority, files, certificates, lines, put, names } = prepare(t)
  put(authority.sign('one', ['one.example.org']))
  certificates.look()
  const two = authority.sign('two', ['two.example.org'])
  copyFileSync(two.cert, files.cert)
  certificates.look()
  t.same(names(), ['one.example.org'])
  copyFileSync(two.key, files.key)
  certificates.look()
  t.same(names(), ['two.example.org'])
  t.notMatch(lines.join(''), /refused/)
})

t.test('one that stays wrong is told once, and the one before stays', async (t) => {
  const { authority, files, certificates, lines, put, names } = prepare(t)
  put(authority.sign('one', ['one.example.org']))
  certificates.look()
  copyFileSync(authority.root.key, files.key)
  for (let look = 0; look < 4; look += 1) certificates.look()
  t.same(names(), ['one.example.org'])
  t.equal(lines.filter((line) => line.includes('certificate refused')).length, 1)
  rmSync(files.key)
  certificates.look()
  t.same(names(), ['one.example.org'], 'nor does one that vanishes')
})

t.test('an expired one is better than none, and worse than any', async (t) => {
  const { authority, certificates, put, names, moveTo } = prepare(t)
  moveTo(new Date(Date.now() + 50 * DAY))
  put(authority.sign('old', ['old.example.org'], { days: 10 }))
  certificates.look()
  t.same(names(), ['old.example.org'])
  put(authority.sign('new', ['new.example.org']))
  certificates.look()
  put(authority.sign('older', ['older.example.org'], { days: 10 }))
  certificates.look()
  certificates.look()
  t.same(names(), ['new.example.org'])
})
