/** Scopes: expansion, filters, intersection, and what can be handed on (contract §4, §9.116–119). */
import t from 'tap'
import {
  createScopeSet,
  describeScope,
  expandScopes,
  grantScopes,
  identifyScopes,
  intersectScopes,
  listScopes,
  type ExpandedScopes,
  type ScopeTarget,
} from '../../src/model/scope.ts'
import { scopeTable, selfScopes, withSubScopes } from '../../src/model/scope-table.ts'

const groups: Readonly<Record<string, readonly string[]>> = {
  ux: ['gx', 'both'],
  uy: ['gy', 'both'],
}
const groupsOf = (user: string): readonly string[] => groups[user] ?? []

const expand = (...scopes: string[]): string[] => listScopes(expandScopes(scopes, {}))
const setOf = (...scopes: string[]) => createScopeSet(expandScopes(scopes, {}), groupsOf)
/** Of the scopes that are named, without what they include. */
const intersection = (left: string[], right: string[]): string[] => {
  const [one, other] = [expandScopes(left, {}), expandScopes(right, {})]
  const named = [...left, ...right].map((scope) => scope.split('!', 1)[0])
  return listScopes(intersectScopes(one, other, groupsOf)).filter((scope) =>
    named.includes(scope.split('!', 1)[0]),
  )
}

t.test('the same filter falls to everything that a scope includes', (t) => {
  t.same([...expand('list:users!user=ana')].sort(), [
    'list:users!user=ana',
    'read:users:name!user=ana',
  ])
  t.end()
})

t.test('a server scope of one server says nothing about its user', (t) => {
  t.same([...expand('read:servers!server=ana/')], ['read:servers!server=ana/'])
  t.same([...expand('read:users!server=ana/')], [])
  t.end()
})

t.test('the unfiltered form makes filtered ones superfluous', (t) => {
  t.same([...expand('read:hub!user=a', 'tokens!user=a', 'tokens', 'read:hub!group=g')].sort(), [
    'read:hub!group=g',
    'read:hub!user=a',
    'read:tokens',
    'tokens',
  ])
  t.end()
})

t.test('a bare filter means the holder; without one the scope falls away', (t) => {
  const holder = { user: 'ana', server: 'ana/lab', service: 'grader' }
  const expanded = (scope: string): string[] => listScopes(expandScopes([scope], holder))
  t.same(expanded('read:tokens!user'), ['read:tokens!user=ana'])
  t.same(expanded('access:servers!server'), ['access:servers!server=ana/lab'])
  t.same(expanded('access:services!service'), ['access:services!service=grader'])
  for (const scope of ['read:tokens!user', 'access:servers!server', 'access:services!service'])
    t.same([...expand(scope)], [], scope)
  t.end()
})

t.test('self is every scope of a person about their own things (§9.119)', (t) => {
  const listed = selfScopes.flatMap((name) => [...withSubScopes(name)]).map((one) => `${one}!user`)
  const held = listScopes(expandScopes(['self'], { user: 'ana' }))
  t.same(held, listScopes(expandScopes(listed, { user: 'ana' })))
  t.ok(held.includes('start:servers!user=ana'))
  for (const name of ['shares', 'list:users', 'groups', 'admin:server_state'])
    t.notOk(held.includes(`${name}!user=ana`), name)
  t.same([...expandScopes(['self'], { service: 'grader' })], [], 'nothing for services')
  t.end()
})

t.test('expansion leaves inherit alone and drops what nobody knows', (t) => {
  t.same([...expand('inherit', 'nosuch', 'read:users!colour=red', '')], ['inherit'])
  t.end()
})

t.test('names may hold the marks of filters', (t) => {
  t.ok(setOf('read:users!user=a!b=c').has('read:users', { user: 'a!b=c' }))
  t.notOk(setOf('read:users!user=a!b=c').has('read:users', { user: 'a' }))
  t.end()
})

t.test('what a held scope covers (§9.117)', (t) => {
  const rows: [held: string, asked: string, target: ScopeTarget | undefined, covered: boolean][] = [
    ['read:users', 'read:users:name', undefined, true],
    ['read:users', 'read:users:name', { user: 'ux' }, true],
    ['read:users!user=ux', 'read:users:name', { user: 'ux' }, true],
    ['read:users!user=ux', 'read:users:name', { user: 'uy' }, false],
    ['read:users!user=ux', 'read:users:name', undefined, false],
    ['read:users:name', 'read:users', undefined, false],
    ['read:servers!user=ux', 'read:servers', { server: 'ux/' }, true],
    ['read:servers!user=ux', 'read:servers', { server: 'ux/lab' }, true],
    ['read:servers!user=ux', 'read:servers', { server: 'uxx/lab' }, false],
    ['read:servers!server=ux/lab', 'read:servers', { server: 'ux/lab' }, true],
    ['read:servers!server=ux/lab', 'read:servers', { server: 'ux/' }, false],
    ['read:servers!server=ux/lab', 'read:servers', { user: 'ux' }, false],
    ['read:servers!group=gx', 'read:servers', { server: 'ux/lab' }, true],
    ['read:servers!group=gx', 'read:servers', { server: 'uy/lab' }, false],
    ['read:users!group=gx', 'read:users', { user: 'ux' }, true],
    ['read:users!group=gx', 'read:users', { group: 'gx' }, true],
    ['read:groups!group=gx', 'read:groups', { group: 'gx' }, true],
    ['read:groups!group=gx', 'read:groups', { group: 'gy' }, false],
    ['read:services!service=s', 'read:services', { service: 's' }, true],
    ['read:services!service=s', 'read:services', { service: 't' }, false],
  ]
  for (const [held, asked, target, covered] of rows)
    t.equal(setOf(held).has(asked, target), covered, `${held} ${asked} ${JSON.stringify(target)}`)
  t.end()
})

t.test('a set tells what it holds, in which form, and about whom', (t) => {
  const set = setOf('read:hub', 'list:users!user=ux', 'list:users!group=gx')
  t.same(set.list(), [
    'list:users!group=gx',
    'list:users!user=ux',
    'read:hub',
    'read:users:name!group=gx',
    'read:users:name!user=ux',
  ])
  t.ok(set.holdsAny('list:users'))
  t.notOk(set.holdsAny('read:users'))
  t.equal(set.reach('read:hub'), 'everything')
  t.same(set.reach('list:users'), { user: new Set(['ux']), group: new Set(['gx']) })
  t.equal(set.reach('tokens'), undefined)
  t.end()
})

t.test('an intersection keeps the narrower of two filters (§9.116)', (t) => {
  t.same(intersection(['users!group=gx'], ['users!user=ux']), ['users!user=ux'])
  t.same(intersection(['users!group=gx'], ['users!user=uy']), [])
  t.same(intersection(['read:servers!user=abc'], ['read:servers!server=abc/xyz']), [
    'read:servers!server=abc/xyz',
  ])
  t.same(intersection(['read:servers!user=abc'], ['read:servers!server=abcd/xyz']), [])
  t.same(
    intersection(
      ['read:servers!server=ux/s', 'read:servers!group=gy'],
      ['read:servers!server=uy/s', 'read:servers!user=ux'],
    ),
    ['read:servers!server=ux/s', 'read:servers!server=uy/s'],
  )
  t.same(intersection(['groups!group=gx'], ['groups!group=gx', 'groups!group=gy']), [
    'groups!group=gx',
  ])
  t.same(intersection(['tokens'], ['tokens!user=ux']), ['tokens!user=ux'])
  t.same(intersection(['tokens'], ['tokens']), ['tokens'])
  t.same(intersection(['tokens!user=ux'], ['tokens!service=s']), [])
  t.same(intersection(['tokens'], ['proxy']), [])
  t.end()
})

t.test('what is asked for is granted as far as it is held (§9.118)', (t) => {
  const holder = { user: 'ux', server: 'ux/s' }
  const grant = (requested: string[], held: string[]) =>
    grantScopes(requested, expandScopes(held, holder), { holder, groupsOf })
  t.same(grant(['admin:servers!server'], ['read:servers']), {
    granted: ['read:servers!server=ux/s'],
    denied: ['admin:servers!server'],
  })
  t.same(grant(['read:users!user'], ['self']), { granted: ['read:users!user'], denied: [] })
  t.same(grant(['admin:groups'], ['read:groups!group=x']), {
    granted: ['read:groups!group=x', 'read:groups:name!group=x'],
    denied: ['admin:groups'],
  })
  t.same(grant(['admin:users'], ['self', 'read:hub']).denied, ['admin:users'])
  t.same(grant(['read:hub'], ['self']), { granted: [], denied: ['read:hub'] })
  t.same(grant(['inherit'], ['self']), { granted: [], denied: ['inherit'] })
  t.same(grant(['inherit'], ['inherit']), { granted: ['inherit'], denied: [] })
  t.same(grant(['nosuch'], ['self']), { granted: [], denied: ['nosuch'] })
  t.end()
})

t.test('who is asked to allow a scope reads a sentence about it', (t) => {
  t.equal(describeScope('read:users:name!user', { user: 'ana' }), 'See your name')
  t.equal(describeScope('proxy', {}), 'Read and change routes of the proxy')
  t.equal(describeScope('nosuch', {}), 'nosuch')
  t.end()
})

/** Numbers that look random and are the same every time (a linear congruential generator). */
function createDice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * sides)
  }
}

const filters = ['', '', '!user=ux', '!user=uy', '!group=gx', '!group=gy', '!group=both']
filters.push('!server=ux/', '!server=ux/s', '!server=uy/s', '!service=s', '!user', '!server')
const names = Object.keys(scopeTable).filter((name) => name !== 'inherit' && name !== 'self')
const targets: (ScopeTarget | undefined)[] = [
  undefined,
  { user: 'ux' },
  { user: 'uy' },
  { user: 'uz' },
  { server: 'ux/' },
  { server: 'ux/s' },
  { server: 'uy/s' },
  { group: 'gx' },
  { group: 'both' },
  { service: 's' },
]

const shownOf = (expanded: ExpandedScopes): string => listScopes(expanded).join(' ')
const isSame = (one: ExpandedScopes, other: ExpandedScopes): boolean =>
  shownOf(one) === shownOf(other)

function randomScopes(dice: (sides: number) => number): string[] {
  return Array.from({ length: 1 + dice(6) }, () => {
    const name = names[dice(names.length)] ?? ''
    return dice(10) === 0 ? 'self' : `${name}${filters[dice(filters.length)] ?? ''}`
  })
}

t.test('expanding what is expanded changes nothing', (t) => {
  const dice = createDice(1)
  for (let round = 0; round < 500; round += 1) {
    const scopes = randomScopes(dice)
    const once = expandScopes(scopes, { user: 'ux', server: 'ux/s' })
    const twice = expandScopes(listScopes(once), { user: 'uy', server: 'uy/s' })
    if (!isSame(twice, once)) t.fail(scopes.join(' '))
  }
  t.end()
})

t.test('an intersection covers what both cover, and never more', (t) => {
  const dice = createDice(2)
  for (let round = 0; round < 500; round += 1) {
    const holder = { user: 'ux', server: 'ux/s' }
    const [left, right] = [randomScopes(dice), randomScopes(dice)].map((one) =>
      expandScopes(one, holder),
    )
    if (!left || !right) break
    const common = intersectScopes(left, right, groupsOf)
    const sets = [left, right, common].map((one) => createScopeSet(one, groupsOf))
    const wider = names.flatMap((name) =>
      targets.filter((target) => {
        const [inLeft, inRight, inBoth] = sets.map((set) => set.has(name, target))
        return inBoth && !(inLeft && inRight)
      }),
    )
    const swapped = intersectScopes(right, left, groupsOf)
    const itself = intersectScopes(left, left, groupsOf)
    const shown = `${shownOf(left)} with ${shownOf(right)}`
    if (wider.length > 0) t.fail(`wider: ${JSON.stringify(wider)}: ${shown}`)
    if (!isSame(swapped, common)) t.fail(`depends on which comes first: ${shown}`)
    if (!isSame(itself, left)) t.fail(`differs from itself: ${shown}`)
  }
  t.end()
})

t.test('what is granted is never more than what is held', (t) => {
  const dice = createDice(3)
  const holder = { user: 'ux', server: 'ux/s' }
  for (let round = 0; round < 300; round += 1) {
    const held = expandScopes(randomScopes(dice), holder)
    const requested = randomScopes(dice)
    const { granted } = grantScopes(requested, held, { holder, groupsOf })
    const handed = createScopeSet(expandScopes(granted, holder), groupsOf)
    const own = createScopeSet(held, groupsOf)
    const wider = names.flatMap((name) =>
      targets.filter((target) => handed.has(name, target) && !own.has(name, target)),
    )
    if (wider.length > 0) t.fail(`wider: ${requested.join(' ')} of ${shownOf(held)}`)
  }
  t.end()
})

t.test('a token may always read who its owner is', (t) => {
  const set = setOf(...identifyScopes('ana'))
  t.ok(set.has('read:users:name', { user: 'ana' }))
  t.notOk(set.has('read:users:name', { user: 'bob' }))
  t.end()
})

t.test('thousands who hold the like share the words for it', (t) => {
  const [ana, ben] = ['ana', 'ben'].map((user) => expandScopes(['self'], { user }))
  t.equal(ana?.length, 1)
  t.equal(ana?.[0]?.names, ben?.[0]?.names)
  const servers = Array.from({ length: 200 }, (_, id) => `access:servers!server=u${id}/`)
  const shared = expandScopes(servers, {})
  t.equal(shared.length, 1, 'one thing about many servers')
  t.same(listScopes(shared), servers.sort())
  t.end()
})

t.test('what a group gives is not held for good', (t) => {
  const set = setOf(
    'access:servers!group=both',
    'access:servers!server=uy/',
    'tokens!user=ux',
    'read:hub',
  )
  t.ok(set.has('access:servers', { server: 'ux/' }))
  t.notOk(set.hasForGood('access:servers', { server: 'ux/' }))
  t.ok(set.hasForGood('access:servers', { server: 'uy/' }))
  t.ok(set.hasForGood('tokens', { user: 'ux' }))
  t.ok(set.hasForGood('read:hub', { user: 'ux' }))
  t.notOk(set.hasForGood('tokens', { user: 'uy' }))
  t.end()
})

t.test('the rest is looked up when what is known does not suffice, and then counts', (t) => {
  let lookedUp = 0
  const all = expandScopes(['read:users!user=ux', 'access:servers!server=uy/'], {})
  const first = expandScopes(['read:users!user=ux'], {})
  const set = createScopeSet(first, groupsOf, () => {
    lookedUp += 1
    return all
  })
  t.ok(set.has('read:users:name', { user: 'ux' }))
  t.ok(set.holdsAny('read:users'))
  t.equal(lookedUp, 0)
  t.ok(set.has('access:servers', { server: 'uy/' }))
  t.notOk(set.has('access:servers', { server: 'ux/' }))
  t.ok(set.holdsAny('access:servers'))
  t.same(set.reach('access:servers'), { server: new Set(['uy/']) })
  t.same(set.list(), listScopes(all))
  t.equal(set.expanded(), all)
  t.ok(set.has('read:users:name', { user: 'ux' }), 'still')
  t.equal(lookedUp, 1)
  t.end()
})
