/** The log of a program whose output nobody reads, or whose disk is full. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import t, { type Test } from 'tap'
import { logTo } from '../../src/cli/log-output.ts'
import { type Terminal } from '../../src/cli/terminal.ts'
import { createLog } from '../../src/lib/log.ts'

function prepare(t: Test, isWatched = false) {
  const printed: string[] = []
  const world = { unreadBytes: 0, isFull: false }
  const terminal: Pick<Terminal, 'print' | 'unreadBytes' | 'isWatched'> = {
    isWatched,
    unreadBytes: () => world.unreadBytes,
    print(line) {
      if (world.isFull) throw new Error('no space left')
      printed.push(line)
    },
  }
  const log = createLog({ level: 'info' }, logTo(terminal))
  t.teardown(() => printed.splice(0))
  return { log, printed, world }
}

t.test('a program reads JSON, a person sentences', (t) => {
  const collected = prepare(t)
  collected.log.info('hub listening')
  t.match(collected.printed, [/^\{.*"msg":"hub listening"\}$/])
  const watched = prepare(t, true)
  watched.log.info('hub listening')
  t.match(watched.printed, [/^[\d:]{8} hub listening$/])
  t.end()
})

t.test('what nobody reads is lost, and how much that was is said later', (t) => {
  const { log, printed, world } = prepare(t)
  log.info('one')
  world.unreadBytes = 2 ** 21
  for (let line = 0; line < 3; line += 1) log.info('unread')
  world.unreadBytes = 0
  log.info('two')
  log.info('three')
  const told = printed.map((line) => JSON.parse(line) as { msg: string; lines?: number })
  t.match(told, [
    { msg: 'one' },
    { level: 40, time: /^\d{4}-/, lines: 3, msg: /^lines of the log were lost/ },
    { msg: 'two' },
    { msg: 'three' },
  ])
  t.end()
})

t.test('so is what the disk has no room for', (t) => {
  const { log, printed, world } = prepare(t)
  world.isFull = true
  log.info('no room')
  log.info('no room')
  world.isFull = false
  log.info('one')
  t.match(printed, [/"lines":2,/, /"msg":"one"/])
  t.end()
})

t.test('a program whose output nobody reads keeps a bounded part of it in memory', async (t) => {
  const load = (file: string): string =>
    `await import(${JSON.stringify(path.resolve(import.meta.dirname, '../../src', file))})`
  const script = `
    const { createTerminal } = ${load('cli/terminal.ts')}
    const { logTo } = ${load('cli/log-output.ts')}
    const { write } = logTo(createTerminal({ exit: () => undefined }))
    for (let line = 0; line < 100_000; line += 1) {
      write('x'.repeat(100))
      if (line % 1000 === 0) await new Promise(setImmediate)
    }
    console.error('waiting: ' + process.stdout.writableLength)
    process.exit()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // Only what it says of itself is read.
  let said = ''
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
  await new Promise((resolve) => child.once('exit', resolve))
  const waiting = Number(/^waiting: (\d+)$/m.exec(said)?.[1])
  t.ok(waiting > 0 && waiting < 2 * 1024 * 1024, said)
})
