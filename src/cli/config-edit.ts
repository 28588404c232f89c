/** `littlehub config edit` */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { ConfigError, HubError } from '../lib/errors.ts'
import { hubOptions, type Call, type Command } from './command.ts'
import { changeFile, checkText, requireFile, textOf } from './config-change.ts'

export const edit: Command = {
  name: 'config edit',
  summary: 'Open the configuration file in $EDITOR; it is put in place when it has no mistake.',
  details: ['What is edited is a copy. A running hub applies what changed, as with config set.'],
  operands: [],
  options: hubOptions,
  async run(call) {
    const file = requireFile(call)
    const folder = mkdtempSync(join(tmpdir(), 'littlehub-'))
    const copy = join(folder, basename(file))
    const before = textOf(file)
    let isKept = false
    try {
      writeFileSync(copy, before, { mode: 0o600 })
      const text = await editedUntilFine(call, copy)
      if (text === undefined) return 1
      isKept = textOf(file) !== before
      if (isKept) throw changedMeanwhile(file, copy)
      await changeFile(call, text)
      return 0
    } finally {
      if (!isKept) rmSync(folder, { recursive: true, force: true })
    }
  },
}

/** An editor may be open for hours: what others did in that time is not undone, and neither is this work lost. */
const changedMeanwhile = (file: string, copy: string): HubError =>
  new HubError(
    'Conflict',
    `${file} was changed by somebody else meanwhile, so it stays as it is. What you wrote is in ${copy}.`,
  )

/** @returns undefined when the person gives up. */
async function editedUntilFine(call: Call, copy: string): Promise<string | undefined> {
  for (;;) {
    await openEditor(call, copy)
    const text = readFileSync(copy, 'utf8')
    const problems = problemsOf(call, text)
    if (problems === undefined) return text
    call.terminal.say(problems)
    const answer = await call.terminal.ask('Edit again? [Y/n] ')
    if (answer === undefined || /^n/i.test(answer.trim())) {
      call.terminal.say('The file is as it was before.')
      return undefined
    }
  }
}

function problemsOf(call: Call, text: string): string | undefined {
  try {
    checkText(call, text)
    return undefined
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.message
    throw thrown
  }
}

/** Through a shell, since the variable may hold options as well (git's `GIT_EDITOR` does it so). */
async function openEditor({ terminal }: Call, copy: string): Promise<void> {
  const { VISUAL, EDITOR } = terminal.environment
  const editor = [VISUAL, EDITOR].find((one) => one !== undefined && one !== '') ?? 'vi'
  const { exitCode } = await execa('/bin/sh', ['-c', `${editor} "$1"`, editor, copy], {
    stdio: 'inherit',
    reject: false,
  })
  if (exitCode !== 0)
    throw new HubError('Conflict', `${editor} did not end well; the file is as it was before.`)
}
