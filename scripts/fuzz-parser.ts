/** Holds our two parsers against Node's own: the same messages taken or refused, and the same bytes in each part of them. */
import { parseArgs } from 'node:util'
import { caseOf, compare, type Kind } from '../test/support/parser-fuzz.ts'

const usage = `usage: node scripts/fuzz-parser.ts [--count N] [--seed N] [--kind request|response]

Makes N messages (10000000) out of a grammar and out of mutations of good ones, cuts them into packets, and gives them
to our parser and to Node's (llhttp). The same seed makes the same messages. Where we refuse what Node takes, it is
counted by rule; where we take what Node refuses, or read it otherwise, the message is printed and the exit code is 1.
`

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const tellEvery = 100_000

function run(count: number, seed: number, kinds: readonly Kind[]): number {
  const verdicts = new Map<string, number>()
  let wrong = 0
  for (let index = 0; index < count && wrong < 10; index++) {
    const kind = kinds[index % kinds.length] ?? 'request'
    const message = caseOf(kind, seed + index)
    const verdict = compare(kind, message)
    const key = `${kind}: ${verdict.rule}`
    verdicts.set(key, (verdicts.get(key) ?? 0) + 1)
    if (verdict.isWrong) {
      wrong += 1
      process.stdout.write(`seed ${seed + index}, ${kind}: ${verdict.rule}\n`)
      process.stdout.write(
        `${JSON.stringify(message.packets.map((packet) => packet.toString('latin1')))}\n`,
      )
    }
    if ((index + 1) % tellEvery === 0) process.stderr.write(`${index + 1} messages\n`)
  }
  const lines = [...verdicts].sort(([, one], [, other]) => other - one)
  for (const [verdict, times] of lines)
    process.stdout.write(`${String(times).padStart(10)} ${verdict}\n`)
  process.stdout.write(`${count} messages from seed ${seed}, ${wrong} read otherwise\n`)
  return wrong
}

if (values.help) process.stdout.write(usage)
else {
  const kinds =
    values.kind === undefined ? (['response', 'request'] as const) : [values.kind as Kind]
  if (run(Number(values.count), Number(values.seed), kinds) > 0) process.exitCode = 1
}
