import t, { type Test } from 'tap'
import { MINUTE } from '../../src/lib/time.ts'
import { at, later, openStore, scansAbout } from '../support/store.ts'

const everything = { offset: 0, limit: 100 }
const end = later(MINUTE)

function withCode(t: Test) {
  const store = openStore(t)
  const { id } = store.addUser('ana')
  const ana = { id, serverId: store.servers.findByName(id, '')!.id }
  const create = (hash: string, serverId = ana.serverId) =>
    store.shareCodes.create({
      hash,
      serverId,
      scopes: ['access:servers'],
      createdAt: at,
      expiresAt: end,
    })
  return { ...store, ana, create }
}

t.test('a code is found by its hash until it ends', async (t) => {
  const { shareCodes, create, ana } = withCode(t)
  const code = create('hash')
  t.same(code, {
    id: 1,
    server: { id: ana.serverId, userId: ana.id, userName: 'ana', name: '', ready: false },
    scopes: ['access:servers!server=ana/'],
    createdAt: at,
    expiresAt: end,
    exchangeCount: 0,
    lastExchangedAt: undefined,
  })
  t.same(shareCodes.findByHash('hash', at), code)
  t.same(shareCodes.find(1, at), code)
  t.equal(shareCodes.findByHash('hash', end), undefined)
  t.equal(shareCodes.find(1, end), undefined)
  t.equal(shareCodes.findByHash('other', at), undefined)
})

t.test('every exchange is counted', async (t) => {
  const { shareCodes, create } = withCode(t)
  const { id } = create('hash')
  shareCodes.touch(id, later(1))
  shareCodes.touch(id, later(2))
  t.match(shareCodes.find(id, at), { exchangeCount: 2, lastExchangedAt: later(2) })
})

t.test('codes are listed of one server and of all of its owner, while valid', async (t) => {
  const { shareCodes, servers, create, ana } = withCode(t)
  const lab = servers.create(ana.id, 'lab')
  create('one')
  create('two', lab.id)
  t.equal(shareCodes.listOfServer(lab.id, everything, at).length, 1)
  t.equal(shareCodes.countOfServer(lab.id, at), 1)
  t.equal(shareCodes.listOfOwner(ana.id, { offset: 1, limit: 5 }, at)[0]?.server.name, 'lab')
  t.equal(shareCodes.countOfOwner(ana.id, at), 2)
  t.equal(shareCodes.countOfOwner(ana.id, end), 0)
  t.same(shareCodes.listOfOwner(ana.id, everything, end), [])
})

t.test(
  'codes are removed one by one, by server, at their end, and with their server',
  async (t) => {
    const { shareCodes, servers, create, ana } = withCode(t)
    const lab = servers.create(ana.id, 'lab')
    shareCodes.remove(create('one').id)
    t.equal(shareCodes.findByHash('one', at), undefined)
    create('two', lab.id)
    create('three')
    shareCodes.removeOfServer(lab.id)
    t.equal(shareCodes.countOfOwner(ana.id, at), 1)
    shareCodes.removeExpired(at, 9)
    t.equal(shareCodes.countOfOwner(ana.id, at), 1)
    shareCodes.removeExpired(end, 9)
    t.equal(shareCodes.countOfOwner(ana.id, at), 0)
    create('four', lab.id)
    servers.remove(lab.id)
    t.equal(shareCodes.findByHash('four', at), undefined)
  },
)

t.test('no question about codes reads all codes', async (t) => {
  const { database } = openStore(t)
  t.same(scansAbout(database, 'share_codes'), [])
})
