/** What was read is forgotten at once, when it is nobody's any more. */
import t from 'tap'
import { giveBack } from '../../src/proxy/give-back.ts'

t.test(
  'a buffer that was read as a whole is gone, and what may be a part of others stays',
  async (t) => {
    const whole = Buffer.allocUnsafeSlow(64 * 1024)
    giveBack(whole)
    t.equal(whole.length, 0)
    const large = Buffer.allocUnsafeSlow(64 * 1024)
    giveBack(large.subarray(1))
    giveBack(large.subarray(0, 60_000))
    t.equal(large.length, 64 * 1024)
    const small = Buffer.allocUnsafeSlow(100)
    giveBack(small)
    t.equal(small.length, 100, 'which costs less than giving it back')
    const shared = Buffer.from(new SharedArrayBuffer(4096))
    giveBack(shared)
    t.equal(shared.length, 4096)
  },
)
