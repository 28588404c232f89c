/** New passwords: long enough, short enough for bcrypt, and not what everybody tries first. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { hashProblem, passwordProblem } from '../../src/lib/password-policy.ts'

const policy = { minLength: 10, name: 'ana.lopez' }

t.test('what attackers try first is refused with advice', async (t) => {
  const easy = [
    'Password123!',
    'P@ssw0rd2024',
    'password1password2',
    'passwordpassword',
    'password password',
    'qwertyuiop',
    'qwertzuiopü',
    'йцукенгшщзхъ',
    '1234567890',
    '12345678901234567890',
    'aaaaaaaaaaaaa',
    'abcabcabcabc',
    '1q2w3e4r5t',
    'zaq12wsxcde3',
    'jupyterhub2026',
    'littlehub123',
    'adminadmin1',
    'summer2025summer',
    'Monkey_Monkey_1',
    'schule1234',
    'pässwört1234',
    'ＰＡＳＳＷＯＲＤ１２３４',
    'correcthorsebatterystaple',
    'AnaLopez2026',
    'lopez-ana-lopez',
    '4n4l0p3z!!',
  ]
  for (const password of easy) t.match(passwordProblem(password, policy), /too easy/, password)
})

t.test('passphrases and random ones are taken', async (t) => {
  const good = [
    'purple otter climbs',
    'kaffee-turm-wiese',
    'vT9$kq2LmZ',
    'my dog ate 14 oranges',
    'monkey umbrella glacier',
    'Zwölf Boxkämpfer jagen',
    '正しい馬の電池の鉛筆',
    'correct horse battery staple',
  ]
  for (const password of good) t.equal(passwordProblem(password, policy), undefined, password)
})

t.test('length is counted in characters, its upper limit in bytes', async (t) => {
  t.match(passwordProblem('vT9$kq2Lm', policy), /at least 10 characters/)
  t.match(passwordProblem('😀'.repeat(9), policy), /at least 10 characters/)
  t.equal(hashProblem('x'.repeat(72)), undefined)
  t.match(hashProblem('x'.repeat(73)), /at most 72 bytes/)
  t.match(hashProblem('é'.repeat(37)), /at most 72 bytes/)
  t.match(passwordProblem(`${'abcdefgh ijk'.repeat(6)}x`, policy), /72 bytes/)
  t.match(passwordProblem('vT9$kq2LmZ\0', policy), /NUL/)
})

t.test('a name cannot forbid every password', async (t) => {
  for (const name of ['a', 'x1', '', '.', 'e e e'])
    t.equal(passwordProblem('purple otter climbs', { minLength: 10, name }), undefined)
})

t.test('judging takes no time, whatever the password', async (t) => {
  const began = performance.now()
  for (const text of ['1'.repeat(72), 'ab1'.repeat(24), '@'.repeat(72), 'pass'.repeat(18)])
    passwordProblem(text, { minLength: 10, name: 'pass'.repeat(16) })
  t.ok(performance.now() - began < 2000)
})

t.test(
  'the list is what its header says: one a line, lower case, sorted, no doubles',
  async (t) => {
    const file = new URL('../../src/lib/common-passwords.txt', import.meta.url)
    const lines = readFileSync(file, 'utf8').split('\n')
    t.match(lines[0], /^# /)
    t.equal(lines.at(-1), '')
    const words = lines.slice(0, -1).filter((line) => !line.startsWith('#'))
    t.ok(words.length > 2000)
    t.equal(new Set(words).size, words.length)
    for (const word of words)
      if (word !== word.trim().toLowerCase() || word.length < 4) t.fail(`'${word}'`)
  },
)
