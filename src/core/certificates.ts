/** The certificate of the moment: read again when its files change, and never given up for one that is worse. */
import { statSync } from 'node:fs'
import { type Log } from '../lib/log.ts'
import { type Clock } from '../lib/time.ts'
import {
  readCertificate,
  type Certificate,
  type CertificateFiles,
  type CertificateReading,
} from '../tls/certificate.ts'

export interface Certificates {
  /** None yet: nobody can be answered over TLS. */
  find(): Certificate | undefined
  /** Looks at the files, which costs microseconds when they are as they were. */
  look(): void
  onChange(listener: () => void): void
}

export type CertificatesNeeds = {
  readonly clock: Clock
  readonly log: Log
  files(): CertificateFiles
  /** The name that people use; undefined: not known. */
  host(): string | undefined
}

export function createCertificates(needs: CertificatesNeeds): Certificates {
  const { clock, log } = needs
  const listeners: (() => void)[] = []
  let current: Certificate | undefined
  let seen = ''
  let suspect = ''

  /** Somebody may be in the middle of writing the two of them, so what is wrong is told at the second look. */
  const refuse = (mark: string, problems: readonly string[]): void => {
    if (mark === suspect) {
      seen = mark
      log.error({ problems }, 'certificate refused, the one before stays')
    }
    suspect = mark
  }

  const take = (mark: string, certificate: Certificate): void => {
    seen = mark
    current = certificate
    const { names, validTo } = certificate
    log.info({ names, validTo }, 'certificate in use')
    for (const listener of listeners) listener()
  }

  return {
    find: () => current,
    onChange: (listener) => void listeners.push(listener),
    look() {
      const files = needs.files()
      const mark = markOf(files)
      if (mark === undefined || mark === seen) return
      const reading = readCertificate(files, { now: clock.now(), host: needs.host() })
      const isBetter = reading.faults.length === 0 || current === undefined
      if (reading.certificate && isBetter) take(mark, reading.certificate)
      else refuse(mark, problemsIn(reading))
    },
  }
}

const problemsIn = ({ faults }: CertificateReading): string[] =>
  faults.map(({ file, sentence }) => `${file} ${sentence}`)

/** Changes with the files, and with what symbolic links lead to. */
function markOf({ cert, key }: CertificateFiles): string | undefined {
  const parts = [cert, key].map((file) => {
    const facts = statSync(file, { throwIfNoEntry: false })
    return facts && `${file} ${facts.ino} ${facts.size} ${facts.mtimeMs}`
  })
  return parts.includes(undefined) ? undefined : parts.join(' ')
}
