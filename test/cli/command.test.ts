import t from 'tap'
import { operandOf, UsageError, type Call } from '../../src/cli/command.ts'

t.test('the first operand is what a command is about', (t) => {
  t.equal(operandOf({ operands: ['ana', 'bob'] } as unknown as Call), 'ana')
  t.throws(() => operandOf({ operands: [] } as unknown as Call), UsageError)
  t.end()
})
