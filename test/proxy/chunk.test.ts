/** Chunks as a client gets them. */
import t from 'tap'
import { chunkOf } from '../../src/proxy/chunk.ts'

t.test('what came together is one chunk, behind what goes in front of it', (t) => {
  const pieces = ['hello', ' ', 'wörld!'].map((text) => Buffer.from(text, 'latin1'))
  t.equal(chunkOf(pieces).toString('latin1'), 'c\r\nhello wörld!\r\n')
  t.equal(chunkOf(pieces, 'X: y\r\n\r\n').toString('latin1'), 'X: y\r\n\r\nc\r\nhello wörld!\r\n')
  t.end()
})
