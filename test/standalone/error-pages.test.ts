/** What people see when no server answered. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { temporaryFolder } from '../support/hub.ts'
import { answering, dial, eventually, get, startRaw, startServer } from '../support/proxy.ts'
import { ask, startStandalone } from '../support/standalone.ts'

t.test('the hub is asked for the page, with the status and the address', async (t) => {
  const asked: string[] = []
  const hub = await startServer(t, (request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`)
    response.writeHead(200, { 'content-type': 'text/html; x', 'x-other': '1' })
    response.end('<p>the page of the hub</p>')
  })
  const errorTarget = `http://127.0.0.1:${hub.port}/hub/error`
  const { port, table } = await startStandalone(t, { errorTarget })
  table.add('/dead', { target: 'http://127.0.0.1:1' })
  const seen = (where: string) => ask({ host: '127.0.0.1', port, path: where })
  t.match(await seen('/none?a=b&c'), {
    status: 404,
    type: 'text/html; x',
    text: '<p>the page of the hub</p>',
  })
  t.match(await seen('/dead/'), { status: 503 })
  t.same(asked, ['GET /hub/error/404?url=%2Fnone%3Fa%3Db%26c', 'GET /hub/error/503?url=%2Fdead%2F'])
})

t.test('a page of the hub that is larger than a socket takes at once comes whole', async (t) => {
  const page = 'x'.repeat(400_000)
  const hub = await startServer(t, (_, response) => response.end(page))
  const { port, table } = await startStandalone(t, { errorTarget: `http://127.0.0.1:${hub.port}/` })
  table.add('/dead', { target: 'http://127.0.0.1:1' })
  const client = await dial(t, port)
  client.write(get('/dead/'))
  await eventually(() => client.text().replaceAll(/[^x]/g, '').length >= page.length)
  t.match(client.text(), /^HTTP\/1\.1 503 /)
})

t.test('a hub that gives no page leaves a bare sentence', async (t) => {
  const garbage = await startRaw(t, answering('no HTTP\r\n\r\n'))
  for (const where of ['http://127.0.0.1:1/', `http://127.0.0.1:${garbage.port}/`]) {
    const { port, lines } = await startStandalone(t, { errorTarget: where })
    t.match(await ask({ host: '127.0.0.1', port, path: '/' }), {
      status: 404,
      type: /^text\/plain/,
      text: 'Not Found',
    })
    t.match(lines.at(-1), { level: 50, msg: 'the error target gave no page' })
  }
})

t.test('a page of the folder is shown: that of the status, or the general one', async (t) => {
  const errorPath = temporaryFolder(t)
  writeFileSync(path.join(errorPath, '503.html'), 'it sleeps')
  const { port, table } = await startStandalone(t, { errorPath })
  table.add('/dead', { target: 'http://127.0.0.1:1' })
  const seen = (where: string) => ask({ host: '127.0.0.1', port, path: where })
  t.match(await seen('/dead'), { status: 503, type: /^text\/html/, text: 'it sleeps' })
  t.match(await seen('/'), { status: 404, text: 'Not Found' })
  writeFileSync(path.join(errorPath, 'error.html'), 'something')
  t.match(await seen('/'), { status: 404, type: /^text\/html/, text: 'something' })
})

t.test('without either, the pages of the program are shown', async (t) => {
  const { port, table } = await startStandalone(t)
  table.add('/dead', { target: 'http://127.0.0.1:1' })
  t.match(await ask({ host: '127.0.0.1', port, path: '/' }), { status: 404, text: /<h1>Nothing/ })
  t.match(await ask({ host: '127.0.0.1', port, path: '/dead' }), { status: 503, text: /<h1>It / })
})
