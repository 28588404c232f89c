/** The buffer that a connection reads into. */
import t from 'tap'
import { ReadBuffer } from '../../src/proxy/read-buffer.ts'

const kib = 1024

/** Reads as much as fits, or `length` bytes. @returns how large the next one may be. */
function read(reading: ReadBuffer, length?: number): number {
  const before = reading.next()
  reading.filled(length ?? before.length)
  return reading.next().length
}

t.test('it grows with what comes, and beyond 64 KiB only where that goes on steadily', (t) => {
  const reading = new ReadBuffer(256, () => Infinity)
  t.same([read(reading), read(reading)], [4 * kib, 64 * kib])
  const sizes = Array.from({ length: 65 }, () => read(reading))
  t.same(sizes, [...Array<number>(63).fill(64 * kib), 512 * kib, 512 * kib])
  t.end()
})

t.test('it stays large for a client that is behind for once, and not for one that is slow', (t) => {
  const reading = new ReadBuffer(256, () => Infinity)
  for (let reads = 0; reads < 70; reads++) read(reading)
  reading.held()
  for (let reads = 0; reads < 4; reads++) t.equal(read(reading), 512 * kib)
  reading.held()
  for (let reads = 0; reads < 3; reads++) t.equal(read(reading), 512 * kib)
  reading.held()
  t.equal(read(reading), 64 * kib)
  t.end()
})

t.test('it is small again when little comes', (t) => {
  const reading = new ReadBuffer(256, () => Infinity)
  for (let reads = 0; reads < 70; reads++) read(reading)
  const sizes = Array.from({ length: 4 }, () => read(reading, 100))
  t.same(sizes, [512 * kib, 512 * kib, 512 * kib, 256])
  for (let reads = 0; reads < 3; reads++) read(reading)
  t.same([read(reading, 100), read(reading, 64 * kib), read(reading, 100)], [64 * kib, 64 * kib, 64 * kib], 'not for one small read in between') // prettier-ignore
  t.end()
})

t.test('kept bytes stay, others are written over', (t) => {
  const reading = new ReadBuffer(256, () => Infinity)
  const first = reading.next()
  t.equal(reading.filled(3).buffer, first.buffer)
  t.equal(reading.next().buffer, first.buffer)
  reading.filled(3)
  reading.keep()
  const second = reading.next()
  t.not(second.buffer, first.buffer)
  reading.filled(3)
  reading.keep()
  reading.held()
  t.equal(reading.next().buffer, second.buffer, 'nothing is read until they are gone')
  t.end()
})

t.test('no read brings more than it may at the moment', (t) => {
  let most = Infinity
  const reading = new ReadBuffer(256, () => most)
  for (let reads = 0; reads < 70; reads++) read(reading)
  const { buffer } = reading.next()
  most = 64 * kib
  t.equal(reading.next().length, 64 * kib)
  t.equal(reading.next().buffer, buffer)
  most = Infinity
  t.equal(read(reading, 64 * kib), 512 * kib)
  t.end()
})
