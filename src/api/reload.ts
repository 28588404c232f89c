/** `POST /reload`: the hub reads its configuration again. Not of JupyterHub's API, which has no such thing. */
import { type FastifyInstance } from 'fastify'
import { ConfigError, invalidInput } from '../lib/errors.ts'
import { type ApiNeeds } from './guard.ts'
import { refusal, reloaded } from './schemas.ts'

/** Keys only: values may be secret. A configuration that cannot be used is a 400 with a line for each problem. */
export function reloadRoutes(app: FastifyInstance, { reload }: ApiNeeds): void {
  const answers = { 200: reloaded, 400: refusal, 409: refusal, 503: refusal }
  app.post('/reload', { config: { scope: 'reload', answers } }, async () => {
    try {
      const { applied, needsRestart, file } = await reload()
      return { applied, needs_restart: needsRestart, file: file ?? null }
    } catch (thrown) {
      throw thrown instanceof ConfigError ? invalidInput(thrown.message, thrown) : thrown
    }
  })
}
