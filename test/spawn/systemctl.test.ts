/** What systemd prints, read; that it is told the right things is shown on a machine (systemd.test.ts). */
import t from 'tap'
import { parseBlocks } from '../../src/spawn/systemctl.ts'

t.test('units are blocks of properties, whose values may hold anything', async (t) => {
  t.same(parseBlocks('Id=a.service\nResult=a=b\nEmpty=\n\nId=b.service\n'), [
    { Id: 'a.service', Result: 'a=b', Empty: '' },
    { Id: 'b.service' },
  ])
  t.same(parseBlocks(''), [])
})
