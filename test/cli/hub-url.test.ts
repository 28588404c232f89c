import t from 'tap'
import { addressOf, noteUrl } from '../../src/cli/hub-url.ts'
import { lockDataDir, prepareDataDir } from '../../src/config/data-dir.ts'
import { type Facts } from '../../src/store/facts.ts'

const config = { public_url: '', host: '127.0.0.1', port: 8000, base_url: '/', data_dir: '/none' }

function createFacts(): Facts {
  const facts = new Map<string, string>()
  return { find: (key) => facts.get(key), set: (key, value) => void facts.set(key, value) }
}

t.test('an address is where the hub will listen', async (t) => {
  const store = { facts: createFacts() }
  t.equal(addressOf('/hub/claim/x', { config, store }), 'http://127.0.0.1:8000/hub/claim/x')
  const six = { ...config, host: '::1' }
  t.equal(addressOf('/hub/', { config: six, store }), 'http://[::1]:8000/hub/')
})

t.test('where people reach it wins', async (t) => {
  const store = { facts: createFacts() }
  const open = { ...config, public_url: 'https://hub.example.org' }
  t.equal(addressOf('/x/hub/', { config: open, store }), 'https://hub.example.org/x/hub/')
})

t.test('a hub that listens everywhere is opened on this machine', async (t) => {
  const store = { facts: createFacts() }
  const everywhere = { ...config, host: '0.0.0.0' }
  t.equal(addressOf('/', { config: everywhere, store }), 'http://127.0.0.1:8000/')
  t.equal(addressOf('/', { config: { ...config, host: '::' }, store }), 'http://[::1]:8000/')
})

t.test('while a hub runs, its own port counts; when it is gone, the configured one', async (t) => {
  const store = { facts: createFacts() }
  const running = { ...config, data_dir: t.testdir() }
  noteUrl({ store }, 'http://127.0.0.1:9123/')
  t.equal(addressOf('/a', { config: running, store }), 'http://127.0.0.1:8000/a')
  prepareDataDir(running.data_dir)
  const lock = lockDataDir(running.data_dir)
  t.equal(addressOf('/a', { config: running, store }), 'http://127.0.0.1:9123/a')
  lock.release()
  t.equal(addressOf('/a', { config: running, store }), 'http://127.0.0.1:8000/a')
})
