/** Whether HTTPS has worked for somebody with this certificate's names: until then plain HTTP goes on. */
import { isCertificateFor, type Certificate } from '../tls/certificate.ts'
import { type Certificates } from './certificates.ts'

export interface HttpsProof {
  isProven(): boolean
  /** A request came in over TLS: its client has taken the certificate. @param host as in the Host header */
  note(host: string | undefined): void
}

/** Where the store keeps for which names and port it has worked. */
const provenFact = 'https_proven'

export type HttpsProofNeeds = {
  readonly certificates: Pick<Certificates, 'find' | 'onChange'>
  readonly port: number
  /** The certificate is one for trials: it works for nobody who has not been asked to look away. */
  isTrial(): boolean
  readonly facts: { find(key: string): string | undefined; set(key: string, value: string): void }
}

export function createHttpsProof(needs: HttpsProofNeeds): HttpsProof {
  const { certificates, port, facts } = needs
  const isTrial = (): boolean => needs.isTrial()
  const proofOf = ({ names }: Certificate): string => [port, ...names].join(' ')
  const look = (): boolean => {
    const certificate = certificates.find()
    return certificate !== undefined && facts.find(provenFact) === proofOf(certificate)
  }
  let proven = look()
  certificates.onChange(() => (proven = look()))

  return {
    isProven: () => proven && !isTrial(),
    note(host = '') {
      const certificate = proven || isTrial() ? undefined : certificates.find()
      if (!certificate || !isCertificateFor(certificate, nameIn(host))) return
      facts.set(provenFact, proofOf(certificate))
      proven = true
    },
  }
}

/** `hub.example.org:8443` → `hub.example.org`; `[::1]:443` → `::1` */
const nameIn = (host: string): string =>
  host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d*$/, '')
