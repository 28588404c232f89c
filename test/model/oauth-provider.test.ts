/** PKCE (RFC 7636). */
import t from 'tap'
import { verifierMatches } from '../../src/model/oauth-provider.ts'

t.test('the example of RFC 7636, appendix B', async (t) => {
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
  t.equal(verifierMatches(verifier, challenge, 'S256'), true)
  t.equal(verifierMatches(challenge, challenge, 'S256'), false)
  t.equal(verifierMatches(verifier, challenge, 'plain'), false)
  t.equal(verifierMatches(verifier, verifier, 'plain'), true)
  for (const wrong of ['', `${verifier}x`, verifier.slice(1), 'é'])
    for (const method of ['S256', 'plain'] as const)
      t.equal(verifierMatches(wrong, challenge, method), false)
})
