/** What all servers may use together. */
import t from 'tap'
import { createSlice } from '../../src/spawn/slice.ts'

const show = async () => ({ FragmentPath: '' })
const settings = { slice: 'littlehub.slice', reserved_memory: 100 }

t.test(
  'the memory of the machine but for what the hub keeps, and less of its cores, set once',
  async (t) => {
    const asked: unknown[] = []
    const setProperties = async (...words: unknown[]) => void asked.push(words)
    const slice = createSlice(settings, { setProperties, show }, 1000)
    await Promise.all([slice.prepare(), slice.prepare()])
    await slice.prepare()
    const limits = ['CPUWeight=20', 'MemoryAccounting=yes', 'MemoryMax=900']
    t.same(asked, [['littlehub.slice', limits]])
    await createSlice({ ...settings, reserved_memory: 0 }, { setProperties, show }, 1000).prepare()
    t.same(asked.slice(1), [['littlehub.slice', ['CPUWeight=20']]])
  },
)

t.test('after a failure it is tried again', async (t) => {
  let attempts = 0
  const setProperties = async () => {
    attempts += 1
    if (attempts === 1) throw new Error('busy')
  }
  const slice = createSlice(settings, { setProperties, show }, 1000)
  await t.rejects(slice.prepare(), { message: 'busy' })
  await slice.prepare()
  t.equal(attempts, 2)
})

t.test('a reserve larger than the machine is said to be the mistake', async (t) => {
  const slice = createSlice(settings, { setProperties: async () => undefined, show }, 100)
  await t.rejects(slice.prepare(), { message: /spawner\.systemd\.reserved_memory/ })
})

t.test('a slice that has a unit file is left as it is', async (t) => {
  const setProperties = async () => void t.fail('it was changed')
  const ofTheirs = async () => ({ FragmentPath: '/etc/systemd/system/littlehub.slice' })
  await createSlice(settings, { setProperties, show: ofTheirs }, 1000).prepare()
  t.pass('left')
})
