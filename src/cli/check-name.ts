/** The doctor looks at the public name: whether the DNS knows it, and leads to this machine. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { errorCode } from '../lib/errors.ts'
import { fail, ok, warn, type Finding } from './finding.ts'

export type NameNeeds = {
  resolve(name: string): Promise<readonly string[]>
  /** Addresses of this machine. */
  own(): readonly string[]
}

const machine: NameNeeds = {
  resolve: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  own: () =>
    Object.values(networkInterfaces()).flatMap((all = []) => all.map((one) => one.address)),
}

/** Nothing, where there is no public name. */
export async function checkName(publicUrl: string, needs = machine): Promise<Finding[]> {
  const name = URL.parse(publicUrl)?.hostname.replace(/^\[|\]$/g, '') ?? ''
  if (name === '') return []
  const addresses = isIP(name) > 0 ? [name] : await resolved(name, needs)
  if (typeof addresses === 'string')
    return [
      fail(
        'name',
        `${name} of public_url is not known by name (${addresses})`,
        'Have whoever runs the DNS of that name enter the address of this machine; it takes a while to spread.',
      ),
    ]
  const own = new Set(needs.own())
  const foreign = addresses.filter((address) => !own.has(address))
  if (foreign.length === 0) return [ok('name', `${name} leads to this machine`)]
  return [
    warn(
      'name',
      `${name} leads to ${foreign.join(', ')}, which is no address of this machine`,
      'Right when a router or another web server stands in front; otherwise correct the DNS.',
    ),
  ]
}

async function resolved(name: string, needs: NameNeeds): Promise<readonly string[] | string> {
  try {
    return await needs.resolve(name)
  } catch (thrown) {
    return errorCode(thrown) ?? 'no answer'
  }
}
