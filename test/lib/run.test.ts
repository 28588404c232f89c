import t from 'tap'
import { runProgram } from '../../src/lib/run.ts'

t.test('what a program prints is the result, at once or line by line', async (t) => {
  t.equal(await runProgram(['printf', 'a\\nb']), 'a\nb')
  const lines: string[] = []
  t.equal(await runProgram(['printf', 'a\\nb'], { onLine: (line) => lines.push(line) }), '')
  t.same(lines, ['a', 'b'])
})

t.test('a program that fails says why, unless that is expected', async (t) => {
  const words = ['sh', '-c', 'echo the reason >&2; echo more >&2; exit 3'] as const
  t.match(await runProgram([...words]).catch((e: unknown) => e), { message: 'the reason' })
  t.equal(await runProgram([...words], { accepted: [3] }), '')
  t.match(await runProgram(['no-such-program']).catch((e: unknown) => e), { message: /ENOENT/ })
})
