/** Our parsers and Node's take the same messages, and see the same bytes in each part of them. */
import t from 'tap'
import { caseOf, compare, type Kind } from '../support/parser-fuzz.ts'

const count = 10_000

/** What so many messages at least have to come to, or they would show nothing. */
const leastTaken: Readonly<Record<Kind, number>> = { request: 500, response: 1500 }

for (const kind of ['request', 'response'] as const)
  t.test(`${count} messages: no ${kind} is read otherwise than by Node`, async (t) => {
    let taken = 0
    for (let seed = 1; seed <= count; seed++) {
      const message = caseOf(kind, seed)
      const { rule, isWrong } = compare(kind, message)
      if (rule === 'taken by both') taken += 1
      if (isWrong) {
        const packets = message.packets.map((packet) => packet.toString('latin1'))
        t.fail(`seed ${seed}: ${rule}: ${JSON.stringify(packets)}`)
      }
    }
    t.ok(taken >= leastTaken[kind], `${taken} were taken by both`)
  })
