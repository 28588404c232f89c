/** Growing delays after failed logins, per name and per address, that slow guessing down and lock nobody out. */
import { createBuckets, dropOldest, type Delay, type Rule } from './throttle-buckets.ts'
import { DAY, MINUTE, SECOND, type Clock } from './time.ts'

export type { Delay } from './throttle-buckets.ts'

/**
 * Three counts of failures, each with a delay that grows and is forgiven with time:
 * - of one name from one address: somebody guesses, or has forgotten their password;
 * - of one name from all addresses from which it never logged in: many machines guess together. Slows only such addresses;
 * - of all names from one address: somebody tries one password on many names. Begins late, for a class shares an address.
 * Who logged in from an address before waits there for `knownCapMs` at most, whatever others do.
 */
export interface Throttle {
  /** How long this name has to wait at this address before its password is looked at; 0: not at all. */
  check(name: string, address: string): { readonly waitMs: number }
  failed(name: string, address: string): void
  succeeded(name: string, address: string): void
  /** What is being slowed down, the newest first, for administrators. */
  list(): Delay[]
}

/** Three typing errors are free, then one second, and soon half a minute. */
const pairRule: Rule = {
  free: 3,
  perDoubling: 1,
  firstMs: SECOND,
  capMs: 30 * SECOND,
  forgiveMs: MINUTE,
}

/** Small, so that the owner at a new place gets in while somebody else is guessing. */
const nameRule: Rule = {
  free: 20,
  perDoubling: 5,
  firstMs: SECOND,
  capMs: 5 * SECOND,
  forgiveMs: 30 * SECOND,
}

/** Sixty people behind one address may each be wrong twice before anybody waits. */
const addressRule: Rule = {
  free: 150,
  perDoubling: 10,
  firstMs: SECOND,
  capMs: 30 * SECOND,
  forgiveMs: 10 * SECOND,
}

/** Longest wait of a name at an address where it logged in before. */
const knownCapMs = 5 * SECOND

/** How long a login makes an address a known one. */
const knownMs = 30 * DAY

/** Failures of an address that one person's login makes up for. */
const forgivenBySuccess = 3

/** One's own logins make up for others' failures only this often, or they would pay for guessing. */
const forgivesEveryMs = 10 * MINUTE

/** Logins remembered; the oldest make room. */
const mostKnown = 20_000

/** Addresses are at most 45 characters long; anything else is not worth remembering whole. */
const longestAddress = 64

/** Shown to administrators at once. */
const mostListed = 100

export function createThrottle({ clock }: { readonly clock: Clock }): Throttle {
  const pairs = createBuckets(pairRule)
  const names = createBuckets(nameRule)
  const addresses = createBuckets(addressRule)
  const logins = createLogins()
  const nowMs = (): number => clock.now().getTime()

  return {
    check(name, rawAddress) {
      const [now, address] = [nowMs(), networkOf(rawAddress)]
      const own = Math.max(
        pairs.waitMs(pairKey(name, address), now),
        addresses.waitMs(addressKey(address), now),
      )
      if (logins.has(pairKey(name, address), now)) return { waitMs: Math.min(own, knownCapMs) }
      return { waitMs: Math.max(own, names.waitMs(nameKey(name), now)) }
    },

    failed(name, rawAddress) {
      const [now, address] = [nowMs(), networkOf(rawAddress)]
      pairs.add(pairKey(name, address), now)
      addresses.add(addressKey(address), now)
      if (!logins.has(pairKey(name, address), now)) names.add(nameKey(name), now)
    },

    succeeded(name, rawAddress) {
      const [now, address] = [nowMs(), networkOf(rawAddress)]
      pairs.clear(pairKey(name, address))
      if (logins.remember(pairKey(name, address), now))
        addresses.forgive(addressKey(address), forgivenBySuccess, now)
    },

    list() {
      const now = nowMs()
      return [pairs, names, addresses]
        .flatMap((buckets) => buckets.list(now))
        .sort((one, other) => other.until.getTime() - one.until.getTime())
        .slice(0, mostListed)
    },
  }
}

// An address has no space in it, so different pairs have different keys.
const pairKey = (name: string, address: string): string => `${name} from ${address}`
const nameKey = (name: string): string => `${name} from new addresses`
const addressKey = (address: string): string => `everybody from ${address}`

/**
 * What one subscriber has: an IPv4 address, or the first half of an IPv6 address, whose other half anybody can change at will.
 * @see RFC 4291 §2.5.4, §2.5.5.2
 */
function networkOf(address: string): string {
  const plain = address
    .slice(0, longestAddress)
    .toLowerCase()
    .replace(/\s|%.*$/gu, '')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1]
  if (mapped !== undefined || !plain.includes(':')) return mapped ?? plain
  const [left = '', right] = plain.split('::')
  const before = left === '' ? [] : left.split(':')
  const after = right === undefined || right === '' ? [] : right.split(':')
  const zeros = right === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after]
  const first = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''))
  return `${first.join(':')}::/64`
}

type Logins = {
  has(pair: string, nowMs: number): boolean
  /** @returns whether it is the first one for a while. */
  remember(pair: string, nowMs: number): boolean
}

/** Which names logged in from where, and when they last made up for failures. */
function createLogins(): Logins {
  const remembered = new Map<string, { readonly at: number; readonly forgaveAt: number }>()
  const agoMs = (at: number, nowMs: number): number => Math.max(0, nowMs - at)
  return {
    has(pair, nowMs) {
      const login = remembered.get(pair)
      return login !== undefined && agoMs(login.at, nowMs) < knownMs
    },
    remember(pair, nowMs) {
      const before = remembered.get(pair)
      const forgives = before === undefined || agoMs(before.forgaveAt, nowMs) >= forgivesEveryMs
      remembered.delete(pair)
      remembered.set(pair, { at: nowMs, forgaveAt: forgives ? nowMs : before.forgaveAt })
      dropOldest(remembered, mostKnown)
      return forgives
    },
  }
}
