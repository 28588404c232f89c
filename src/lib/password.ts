/** Passwords hashed with bcrypt, a few at a time, so that a class logging in does not slow the others. */
import { compare, genSaltSync, getRounds, hash as bcryptHash } from 'bcrypt'
import { HubError, invalidInput } from './errors.ts'
import { hashProblem } from './password-policy.ts'

export interface Passwords {
  /**
   * @returns a bcrypt hash (`$2b$…`) for the store.
   * @throws {HubError} InvalidInput: longer than 72 bytes or with a NUL; TooMany: too many are waiting.
   */
  hash(password: string): Promise<string>
  /**
   * Wrong answers take as long as `verifyDummy`, whatever the cost of the stored hash up to the present one.
   * @throws {HubError} TooMany: too many are waiting.
   */
  verify(password: string, hash: string): Promise<boolean>
  /** The hash was made with a lower cost than now asked for. */
  needsRehash(hash: string): boolean
  /** Takes as long as `verify` and says no: for names without a password. @throws {HubError} TooMany */
  verifyDummy(password: string): Promise<false>
}

export type PasswordNeeds = {
  /** bcrypt's work factor: each step doubles the time. */
  readonly cost: number
  /** Hashed at the same time. */
  readonly concurrent: number
  /** Waiting at most; more are refused. */
  readonly queueLimit?: number
}

/** 13 seconds of waiting at cost 10: nobody waits longer for a login page. */
const defaultQueueLimit = 200

/** Lowest cost that bcrypt has. */
const lowestCost = 4

/** Cost 10 takes about this long on one core (performance.md, measured 2026). */
const msAtCost10 = 70

export function createPasswords(needs: PasswordNeeds): Passwords {
  const { cost, concurrent, queueLimit = defaultQueueLimit } = needs
  const hashMs = msAtCost10 * 2 ** (cost - 10)
  const gate = createGate({ concurrent: Math.max(1, concurrent), queueLimit, taskMs: hashMs })
  const dummyHash = impossibleHash(cost)

  async function verifyDummy(password: string): Promise<false> {
    await gate.run(() => compare(isHashable(password) ? password : '', dummyHash))
    return false
  }

  /** A hash of cost c that did not fit leaves 2^C − 2^c = 2^c + … + 2^(C−1) rounds to the time of the present cost C. */
  async function spendTheRest(password: string, spentCost: number): Promise<void> {
    for (let rest = spentCost; rest < cost; rest++) await compare(password, impossibleHash(rest))
  }

  return {
    verifyDummy,

    hash: async (password) => {
      const problem = hashProblem(password)
      if (problem !== undefined) throw invalidInput(problem)
      return gate.run(() => bcryptHash(password, cost))
    },

    verify: async (password, hash) => {
      const storedCost = costOf(hash)
      if (storedCost === undefined || !isHashable(password)) return verifyDummy(password)
      return gate.run(async () => {
        const fits = await compare(password, hash)
        if (!fits) await spendTheRest(password, storedCost)
        return fits
      })
    },

    needsRehash: (hash) => (costOf(hash) ?? 0) < cost,
  }
}

const isHashable = (password: string): boolean => hashProblem(password) === undefined

/** @returns the work factor of a well-formed bcrypt hash. */
function costOf(hash: string): number | undefined {
  return /^\$2[ab]\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash) ? getRounds(hash) : undefined
}

/** Well-formed, with a fresh salt: comparing with it takes the usual time, and no known password fits. */
function impossibleHash(cost: number): string {
  return genSaltSync(Math.max(lowestCost, cost)) + '.'.repeat(31)
}

type Gate = { run<Result>(task: () => Promise<Result>): Promise<Result> }

type GateNeeds = {
  readonly concurrent: number
  readonly queueLimit: number
  readonly taskMs: number
}

/** Lets `concurrent` tasks run; the others wait in order, and those beyond the queue are refused. */
function createGate({ concurrent, queueLimit, taskMs }: GateNeeds): Gate {
  const waiting: (() => void)[] = []
  let running = 0

  async function enter(): Promise<void> {
    if (running < concurrent) running += 1
    else if (waiting.length < queueLimit)
      await new Promise<void>((resolve) => waiting.push(resolve))
    else throw tooBusy(Math.ceil((queueLimit * taskMs) / concurrent / 1000))
  }

  /** The place of the one that leaves goes to the next in the queue, so `running` stays. */
  function leave(): void {
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }

  return {
    run: async (task) => {
      await enter()
      try {
        return await task()
      } finally {
        leave()
      }
    },
  }
}

function tooBusy(queueSeconds: number): HubError {
  const retryAfterSeconds = Math.max(1, queueSeconds)
  const message = `Too many people are logging in right now. Try again in ${retryAfterSeconds} seconds.`
  return new HubError('TooMany', message, { retryAfterSeconds })
}
