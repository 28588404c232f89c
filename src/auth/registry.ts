/** The authenticators there are, by the name that `auth.type` gives them. */
import { type AuthenticatorPlugin } from './authenticator.ts'
import { dummy } from './dummy.ts'
import { github } from './github.ts'
import { native } from './native.ts'

export const authenticators: Record<string, AuthenticatorPlugin> = { native, dummy, github }
