/** Sealing: text encrypted and bound to its place, with keys that can be changed (AES-256-GCM, NIST SP 800-38D). */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

export interface Sealer {
  /** With the newest key. What comes out can be opened for the same place only. */
  seal(text: string, place: string): string
  /** Undefined: sealed for another place, changed since, or with a key that is not there any more. */
  open(sealed: string, place: string): string | undefined
  isOfNewestKey(sealed: string): boolean
}

const cipher = 'aes-256-gcm'
const tagBytes = 16

/** What GCM is made for; random ones are safe for 2^32 texts under one key (SP 800-38D §8.3). */
const nonceBytes = 12

/** @param keys 32 bytes each; the first seals, all of them open. */
export function createSealer([newest, ...older]: readonly [Buffer, ...Buffer[]]): Sealer {
  const keys = new Map([...older.reverse(), newest].map((key) => [idOf(key), key]))
  const newestId = idOf(newest)

  return {
    seal(text, place) {
      const nonce = randomBytes(nonceBytes)
      const encrypting = createCipheriv(cipher, newest, nonce, { authTagLength: tagBytes })
      encrypting.setAAD(Buffer.from(place))
      const content = [encrypting.update(text, 'utf8'), encrypting.final()]
      const bytes = Buffer.concat([nonce, ...content, encrypting.getAuthTag()])
      return `${newestId}.${bytes.toString('base64url')}`
    },
    open(sealed, place) {
      const [id = '', content = ''] = sealed.split('.', 2)
      const key = keys.get(id)
      return key && decrypt(key, Buffer.from(content, 'base64url'), place)
    },
    isOfNewestKey: (sealed) => sealed.startsWith(`${newestId}.`),
  }
}

/** Says which key it was, and nothing about it. */
const idOf = (key: Buffer): string =>
  createHash('sha256').update('id of a sealing key ').update(key).digest('hex').slice(0, 16)

function decrypt(key: Buffer, bytes: Buffer, place: string): string | undefined {
  if (bytes.length < nonceBytes + tagBytes) return undefined
  const nonce = bytes.subarray(0, nonceBytes)
  const decrypting = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes })
  decrypting.setAAD(Buffer.from(place))
  decrypting.setAuthTag(bytes.subarray(-tagBytes))
  try {
    const content = decrypting.update(bytes.subarray(nonceBytes, -tagBytes))
    return Buffer.concat([content, decrypting.final()]).toString('utf8')
  } catch {
    // The only thing it throws here: the tag does not fit.
    return undefined
  }
}
