import { spawn } from 'node:child_process'
import path from 'node:path'
import t from 'tap'
import { startProgram, watchProgram } from '../support/command-line.ts'

const main = path.resolve(import.meta.dirname, '../../src/main.ts')

t.test('results go to standard output, words to standard error', async (t) => {
  const environment = { LITTLEHUB_DATA: t.testdir() }
  const child = spawn(process.execPath, [main, 'user', 'add', 'ana'], {
    env: { ...process.env, ...environment },
  })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  const program = watchProgram(t, child)
  t.equal(await program.ended, 0)
  t.match(out, /^http:\/\/\S+\n$/)
  t.match(program.output(), /was added/)
})

t.test('the password comes from standard input', async (t) => {
  const words = [main, 'user', 'add', 'ana', '--password-stdin']
  const env = { ...process.env, LITTLEHUB_DATA: t.testdir(), LITTLEHUB_PASSWORD__BCRYPT_COST: '4' }
  const child = spawn(process.execPath, words, { env })
  const program = watchProgram(t, child)
  child.stdin.end('seven green umbrellas\n')
  t.equal(await program.ended, 0)
  t.match(program.output(), /ana was added\.$/m)
})

t.test('a reader that goes away is no error', async (t) => {
  const command = `"${process.execPath}" "${main}" --help | head -n 1; echo "code \${PIPESTATUS[0]}"`
  const program = watchProgram(t, spawn('bash', ['-c', command]))
  t.equal(await program.ended, 0)
  t.match(program.output(), /^Usage: littlehub COMMAND.*\ncode 0\n$/)
})

t.test('the exit code is the command’s', async (t) => {
  const program = startProgram(t, ['nonsense'])
  t.equal(await program.ended, 2)
  t.match(program.output(), /no command "nonsense"/)
})

t.test(
  'a result that does not fit on the disk is a failure, words that do not fit are none',
  async (t) => {
    const command = `"${process.execPath}" "${main}" version > /dev/full; echo "code $?"
    "${process.execPath}" "${main}" user add ana 2> /dev/full; echo "code $?"`
    const env = { ...process.env, LITTLEHUB_DATA: t.testdir() }
    const program = watchProgram(t, spawn('bash', ['-c', command], { env }))
    await program.ended
    t.match(program.output(), /no space left[^]*code 1\nhttp\S+\ncode 0\n$/)
  },
)
