/** Tells by its exit code whether node_modules holds what package-lock.json asks for; runs on any Node. */
const fs = require('fs')

const read = (file) => JSON.parse(fs.readFileSync(file, 'utf8')).packages
const question = process.argv[2]

// npm writes this list at the end of an installation, so an interrupted one has none.
const hiddenLock = 'node_modules/.package-lock.json'
const installed = fs.existsSync(hiddenLock) ? read(hiddenLock) : {}

if (question === 'had-development') {
  process.exit(Object.keys(installed).some((path) => installed[path].dev) ? 0 : 1)
}

const wanted = read('package-lock.json')
const needed = (entry) =>
  !entry.optional && !entry.devOptional && !entry.peer && (question === 'all' || !entry.dev)
const differing = Object.keys(wanted).filter((path) => {
  if (path === '' || !needed(wanted[path])) return false
  const found = installed[path] || {}
  return found.version !== wanted[path].version || found.integrity !== wanted[path].integrity
})
if (differing.length > 0)
  console.log('not installed as locked: ' + differing.slice(0, 5).join(', '))
process.exit(differing.length > 0 ? 1 : 0)
