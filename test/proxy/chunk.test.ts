/** Chunks, read and written many at a time. */
import t from 'tap'
import { chunkOf, readPlainChunks } from '../../src/proxy/chunk.ts'

t.test('what came together is one chunk, behind what goes in front of it', (t) => {
  const pieces = ['hello', ' ', 'wörld!'].map((text) => Buffer.from(text, 'latin1'))
  t.equal(chunkOf(pieces).toString('latin1'), 'c\r\nhello wörld!\r\n')
  t.equal(chunkOf(pieces, 'X: y\r\n\r\n').toString('latin1'), 'X: y\r\n\r\nc\r\nhello wörld!\r\n')
  t.end()
})

function readPlain(text: string, from = 0) {
  const taken: string[] = []
  const bytes = Buffer.from(text, 'latin1')
  const at = readPlainChunks(bytes, from, (piece) => taken.push(piece.toString('latin1')))
  return { taken, left: text.slice(at) }
}

t.test('small chunks that are there as a whole are one piece, and big ones are not moved', (t) => {
  t.same(readPlain('1\r\na\r\n01\r\nb\r\n3\r\ncde\r\n'), { taken: ['abcde'], left: '' })
  t.same(readPlain('xx1\r\na\r\n1\r\nb\r\n', 2), { taken: ['ab'], left: '' })
  const [long, longer] = ['l'.repeat(1024), 'm'.repeat(1025)]
  const chunks = `1\r\na\r\n400\r\n${long}\r\n401\r\n${longer}\r\n1\r\nb\r\n`
  t.same(readPlain(chunks), { taken: [`a${long}`, `${longer}b`], left: '' })
  t.same(readPlain('5\r\n1\r\n2\r\n'), { taken: [], left: '5\r\n1\r\n2\r\n' })
  t.end()
})

t.test('whatever is not plain, whole or a chunk is left where it stands', (t) => {
  const rests = ['', '0\r\n\r\n', '1;x\r\nb\r\n', '2\r\nb', '2\r\nbb', '2\r\nbb\r', '1', '1\r', '1\nb\r\n', '1\r\nbb\r\n', '1\r\nb\n', 'g\r\n', '+1\r\nb\r\n', '-1\r\nb\r\n', ' 1\r\nb\r\n', '1 \r\nb\r\n', '\r\n', `${'0'.repeat(12)}1\r\nb\r\n`, 'fffffffffff\r\n', '\u00e9\r\n'] // prettier-ignore
  for (const rest of rests) {
    t.same(readPlain(rest), { taken: [], left: rest }, JSON.stringify(rest))
    t.same(readPlain(`1\r\na\r\n${rest}`), { taken: ['a'], left: rest }, JSON.stringify(rest))
  }
  t.end()
})
