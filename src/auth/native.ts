/** Native accounts: name and password, kept by this hub. */
import { Type } from 'typebox'
import { defineAuthenticator, type NativeAccount } from './authenticator.ts'

/** Names and passwords of this hub's own accounts; the identity's subject is the account's id. */
export const native = defineAuthenticator({
  name: 'native',
  options: Type.Object({}, { additionalProperties: false, default: {} }),
  create: (_options, { passwords }) => {
    async function fits(password: string, account: NativeAccount | undefined): Promise<boolean> {
      if (account?.passwordHash === undefined) return passwords.verifyDummy(password)
      return passwords.verify(password, account.passwordHash)
    }

    return {
      kind: 'password',
      check: async (name, password, account) => {
        if (!(await fits(password, account)) || account?.passwordHash === undefined)
          return undefined
        const identity = { issuer: 'native', subject: String(account.userId), name }
        if (!passwords.needsRehash(account.passwordHash)) return { identity }
        return { identity, newPasswordHash: await passwords.hash(password) }
      },
    }
  },
})
