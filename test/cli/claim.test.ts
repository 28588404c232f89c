import t from 'tap'
import { littlehub } from '../support/command-line.ts'

t.test('prints a link on standard output, and what it is for beside it', async (t) => {
  const environment = { LITTLEHUB_DATA: t.testdir() }
  const { code, out, err } = await littlehub(['claim'], { environment })
  t.equal(code, 0)
  t.match(out, /^http:\/\/127\.0\.0\.1:8000\/hub\/claim\/[\w-]{43}$/)
  t.match(err, /24 hours/)
  const again = await littlehub(['claim', '--json'], { environment })
  t.match(JSON.parse(again.out), { url: /\/hub\/claim\/[\w-]{43}$/ })
  t.not((JSON.parse(again.out) as { url: string }).url, out)
})

t.test('is refused when the hub has an owner', async (t) => {
  const environment = { LITTLEHUB_DATA: t.testdir() }
  await littlehub(['user', 'add', 'ana', '--admin'], { environment })
  const { code, out, err } = await littlehub(['claim'], { environment })
  t.equal(code, 1)
  t.equal(out, '')
  t.match(err, /owner already/)
})
