/** A process of its own that holds a data folder until it is ended, and says so: DIR. */
import { lockDataDir } from '../../src/config/data-dir.ts'

try {
  const lock = lockDataDir(process.argv[2] ?? '')
  // What nobody holds is collected, and the lock with it.
  process.once('exit', () => lock.release())
  process.stdout.write('held')
  process.stdin.resume()
} catch (thrown) {
  process.stdout.write(String(thrown))
}
