/** A hub in a process of its own, that can be killed while it gets a certificate. Arguments: its configuration, the ports. */
import { loadConfig } from '../../../src/config/load.ts'
import { pluginSchemas } from '../../../src/context.ts'
import { createHub } from '../../../src/hub.ts'

const [, , file = '', httpPort = '', tlsPort = ''] = process.argv
const acmeNetwork = {
  lookup: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
  httpPort: Number(httpPort),
  tlsPort: Number(tlsPort),
}
await createHub(loadConfig({ env: {}, flags: {}, file }, pluginSchemas), { acmeNetwork }).start()
