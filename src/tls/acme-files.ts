/** What is kept of getting certificates, in the data folder: the keys of accounts, and the certificate with its key. */
import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  X509Certificate,
  type KeyObject,
} from 'node:crypto'
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { replaceFile } from '../config/replace-file.ts'
import { AcmeProblem } from './acme-problem.ts'
import { type CertificateFiles } from './certificate.ts'

export interface AcmeFiles {
  /** Key and chain lie in one file: nobody ever reads one without the other. */
  readonly certificate: CertificateFiles
  /** The key of the account there: made the first time. @throws {AcmeProblem} it is damaged */
  accountKey(directory: string): KeyObject
  /** Which authority the certificate is from; undefined: there is none. */
  origin(): string | undefined
  /** In the place of the one before. @throws {AcmeProblem} it is not what was asked for */
  keep(made: Obtained): void
}

export type Obtained = {
  readonly directory: string
  readonly key: KeyObject
  /** PEM: the certificate itself first. */
  readonly chain: string
}

/** Before the first PEM block, where nobody reads (RFC 7468 §2). */
const originLine = /^directory: (\S+)$/m

export const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

export function createAcmeFiles(dataDir: string): AcmeFiles {
  const dir = path.join(dataDir, 'acme')
  const file = path.join(dir, 'certificate.pem')
  const exists = (name: string): boolean => statSync(name, { throwIfNoEntry: false }) !== undefined
  const put = (name: string, text: string): void => {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    replaceFile(name, text)
  }

  return {
    certificate: { cert: file, key: file },
    accountKey(directory) {
      const name = createHash('sha256').update(directory).digest('hex').slice(0, 16)
      const keyFile = path.join(dir, `account-${name}.pem`)
      if (!exists(keyFile)) put(keyFile, pemOf(newKey()))
      return readKey(keyFile)
    },
    origin: () =>
      exists(file) ? (originLine.exec(readFileSync(file, 'utf8'))?.[1] ?? '') : undefined,
    keep({ directory, key, chain }) {
      if (!isFor(key, chain))
        throw new AcmeProblem('The certificate authority sent something else than the certificate.')
      put(file, `directory: ${directory}\n${pemOf(key)}${chain}`)
    },
  }
}

function readKey(file: string): KeyObject {
  try {
    return createPrivateKey(readFileSync(file, 'utf8'))
  } catch (thrown) {
    throw new AcmeProblem(
      `${file} cannot be read as a key; delete it, and the hub opens a new account.`,
      { cause: thrown },
    )
  }
}

function isFor(key: KeyObject, chain: string): boolean {
  try {
    return new X509Certificate(chain).checkPrivateKey(key)
  } catch {
    return false
  }
}
