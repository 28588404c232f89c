/** Services in the administration. */
import t from 'tap'
import { serviceOf } from '../../support/services.ts'
import { startPages, wordsOf } from '../../support/pages.ts'

t.test('every service is listed with what it is, whether displayed or not', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  const { services } = pages.context.store
  services.save(serviceOf('grader', { url: 'http://127.0.0.1:9000', fromConfig: true }))
  services.save(serviceOf('board', { url: 'http://127.0.0.1:9001', access: 'members' }))
  services.save(serviceOf('cull', { admin: true, display: false, command: ['cull', '--x=secret'] }))
  const admin = await pages.browser('admin')
  const page = await admin.open('/hub/admin/services')
  const words = wordsOf(page)
  t.match(words, /grader public ?Answers at http:\/\/127\.0\.0\.1:9000, lets everybody in/)
  t.match(words, /board ?Answers at \S+, for members only/)
  t.match(words, /cull admin ?Has no address ?Run by the hub: cull,/)
  t.match(page.text, /href="\/services\/grader\/"/)
  t.notMatch(page.text, /secret/, 'arguments may hold secrets')
  t.notMatch(words, /does not answer/)
  t.equal((await (await pages.browser('ana')).open('/hub/admin/services')).status, 403)
})

t.test('a service that does not answer within its time is shown as such', async (t) => {
  const service = { name: 'grader', url: 'http://127.0.0.1:1', timeout: '10ms' }
  const pages = await startPages(t, {
    users: ['admin'],
    settings: { services: JSON.stringify([service]) },
  })
  pages.context.store.services.save(serviceOf('grader', { url: service.url }))
  pages.context.serviceWatch.declare(pages.context.config.services)
  t.teardown(() => pages.context.serviceWatch.stop())
  const admin = await pages.browser('admin')
  const silent = /grader does not answer public ?Should answer at http:\/\/127\.0\.0\.1:1/
  const look = async (): Promise<string> => wordsOf(await admin.open('/hub/admin/services'))
  for (let turn = 0; turn < 500 && !silent.test(await look()); turn++);
  t.match(await look(), silent)
})
