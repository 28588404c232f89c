/** How a request's body is announced and when it is done. */
import { PassThrough } from 'node:stream'
import { type IncomingMessage } from 'node:http'
import t from 'tap'
import { createUpload } from '../../src/proxy/upload.ts'

function uploadOf(headers: Record<string, string>, rawTrailers: string[] = []) {
  const body = new PassThrough()
  const written: string[] = []
  let isRoom = true
  let progress = 0
  const request = Object.assign(body, { headers, rawTrailers }) as unknown as IncomingMessage
  const upload = createUpload(request, {
    write: (bytes) => {
      written.push(bytes.toString())
      return isRoom
    },
    pass: () => true,
    onProgress: () => (progress += 1),
  })
  upload.start()
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const full = (isFull: boolean) => (isRoom = !isFull)
  return { upload, body, written, turn, full, progress: () => progress }
}

t.test('a body is announced as it was', (t) => {
  t.equal(uploadOf({}).upload.framing, '')
  t.equal(uploadOf({ 'content-length': '0' }).upload.framing, 'Content-Length: 0\r\n')
  t.equal(uploadOf({ 'content-length': '007' }).upload.framing, 'Content-Length: 7\r\n')
  t.equal(
    uploadOf({ 'transfer-encoding': 'chunked' }).upload.framing,
    'Transfer-Encoding: chunked\r\n',
  )
  for (const headers of [{}, { 'content-length': '0' }])
    t.equal(uploadOf(headers as Record<string, string>).upload.isDone, true)
  t.end()
})

t.test('it goes no faster than the server reads, and each piece counts as progress', async (t) => {
  const { upload, body, written, turn, full, progress } = uploadOf({ 'content-length': '6' })
  full(true)
  body.write('abc')
  await turn()
  t.equal(upload.hasBegun, true)
  body.write('def')
  await turn()
  t.same(written, ['abc'])
  full(false)
  upload.resume()
  body.end()
  await turn()
  await turn()
  t.same(written, ['abc', 'def'])
  t.equal(upload.isDone, true)
  t.equal(progress(), 2)
})

t.test('once stopped, the rest is read and thrown away', async (t) => {
  const { upload, body, written, turn } = uploadOf({ 'transfer-encoding': 'chunked' })
  upload.stop()
  body.end('abc')
  await turn()
  await turn()
  t.same(written, [])
  t.equal(upload.isDone, false)
  t.equal(body.readableEnded, true)
})

t.test('chunks that come in one turn leave as one, before the end', async (t) => {
  const { upload, body, written, turn } = uploadOf({ 'transfer-encoding': 'chunked' }, ['A', '1'])
  for (const letter of 'abc') body.write(letter)
  await turn()
  body.end('d')
  await turn()
  await turn()
  t.same(written.slice(0, 2), ['3\r\nabc\r\n', '1\r\nd\r\n'])
  t.equal(written.slice(2).join(''), '0\r\nA: 1\r\n\r\n')
  t.equal(upload.isDone, true)
})
