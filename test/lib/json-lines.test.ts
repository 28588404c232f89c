/** JSON objects on a stream. */
import { Duplex, PassThrough } from 'node:stream'
import t from 'tap'
import { readJsonLines, writeJsonLine } from '../../src/lib/json-lines.ts'

t.test(
  'objects come one by one, however the bytes are cut; anything else is passed over',
  async (t) => {
    const stream = new Duplex({ read: () => undefined, write: (_bytes, _encoding, done) => done() })
    const heard: object[] = []
    readJsonLines(stream, (line) => heard.push(line))
    for (const piece of ['{"a":', '1}\n7\n{"b"', ':[2]}\nno json\n', 'null\n{"c":3}\n'])
      stream.push(piece)
    await new Promise((resolve) => setTimeout(resolve, 20))
    t.same(heard, [{ a: 1 }, { b: [2] }, { c: 3 }])
    stream.destroy(new Error('the other end is gone'))
    await new Promise((resolve) => stream.once('close', resolve))
  },
)

t.test('an object is one line, whatever its texts contain', async (t) => {
  const written: string[] = []
  const stream = new Duplex({
    read: () => undefined,
    write(bytes: Buffer, _encoding, done) {
      written.push(bytes.toString())
      done()
    },
  })
  writeJsonLine(stream, { text: 'two\nlines' })
  t.same(written, ['{"text":"two\\nlines"}\n'])

  const passing = new PassThrough()
  const heard: object[] = []
  readJsonLines(passing, (line) => heard.push(line))
  const line = { text: 'a\u2028{"b":1}\u2029{"c":2}\r\u0085' }
  writeJsonLine(passing, line)
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.same(heard, [line])
})

t.test('a line without an end ends the stream, and long ones do not', async (t) => {
  const stream = new PassThrough()
  const heard: object[] = []
  readJsonLines(stream, (line) => heard.push(line))
  const long = { text: 'x'.repeat(1024 ** 2) }
  for (let count = 0; count < 9; count++) writeJsonLine(stream, long)
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.equal(heard.length, 9)
  const closed = new Promise((resolve) => stream.once('close', resolve))
  for (let count = 0; count < 9 && !stream.destroyed; count++) stream.write('x'.repeat(1024 ** 2))
  await closed
  t.equal(heard.length, 9)
})
