// Improves pages that work without it: live progress of a start, copying links, showing passwords, filtering people.

const all = (selector) => document.querySelectorAll(selector)

/** A button that exists only where this script runs. */
function makeButton(label) {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'button small'
  button.textContent = label
  return button
}

/** Live progress of a starting server, by server-sent events. */
function followProgress(box) {
  const bar = box.querySelector('progress')
  const now = box.querySelector('.progress-now')
  const log = box.querySelector('.progress-log')
  const source = new EventSource(box.dataset.progress)
  let failures = 0

  source.onmessage = ({ data }) => {
    const event = JSON.parse(data)
    failures = 0
    bar.value = event.progress
    now.textContent = event.message
    if (event.ready) return leave(box.dataset.ready)
    if (event.failed) return leave()
    const last = log.lastElementChild
    const isNewPlace = event.place !== undefined && last?.dataset.place !== undefined
    const item = isNewPlace ? last : document.createElement('li')
    if (event.place !== undefined) item.dataset.place = event.place
    item.textContent = event.message
    if (!isNewPlace) log.append(item)
  }
  // The stream replays from the beginning when it connects again.
  source.onopen = () => log.replaceChildren()
  source.onerror = () => {
    failures += 1
    if (source.readyState === EventSource.CLOSED || failures > 2) leave()
  }

  /** To the server; or this page again, which tells what has become of it. */
  function leave(path) {
    source.close()
    if (path) location.assign(path)
    else setTimeout(() => location.reload(), 500)
  }
}

/** A button beside a text that copies it. */
function offerCopy(field) {
  const button = makeButton('Copy')
  button.setAttribute('aria-label', `Copy ${field.dataset.copy}`)
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(field.value ?? field.textContent)
    } catch {
      // The clipboard exists on secure origins only.
      if (field.select) field.select()
      else getSelection().selectAllChildren(field)
      document.execCommand('copy')
    }
    button.textContent = 'Copied'
    setTimeout(() => (button.textContent = 'Copy'), 2000)
  })
  field.after(button)
}

/** A button that shows and hides what is typed. */
function offerReveal(field) {
  const button = makeButton('Show')
  button.setAttribute('aria-label', 'Show the password')
  button.setAttribute('aria-pressed', 'false')
  button.addEventListener('click', () => {
    const shown = field.type === 'text'
    field.type = shown ? 'password' : 'text'
    button.textContent = shown ? 'Show' : 'Hide'
    button.setAttribute('aria-pressed', String(!shown))
  })
  // A password is never sent or remembered as plain text of a form.
  field.form?.addEventListener('submit', () => (field.type = 'password'))
  field.after(button)
}

/** Narrows the rows on this page while one types; the form searches everybody. */
function filterRows(input) {
  const rows = all(`#${input.dataset.filter} tbody tr`)
  input.addEventListener('input', () => {
    const wanted = input.value.trim().toLowerCase()
    for (const row of rows) row.hidden = !row.dataset.name.includes(wanted)
  })
}

/** One open menu at a time, closed by a click elsewhere and by Escape. */
function tameMenus() {
  const closeAllBut = (kept) => {
    for (const menu of all('details.menu[open]')) if (menu !== kept) menu.open = false
  }
  document.addEventListener('click', ({ target }) => closeAllBut(target.closest('details.menu')))
  document.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape') return
    const open = document.activeElement?.closest('details.menu[open]')
    closeAllBut()
    open?.querySelector('summary').focus()
  })
}

/** What a link has behind its `#` never reaches the hub; it goes on from here with what leads there. */
function keepFragment() {
  if (location.hash.length < 2 || /^#(main|add)$/.test(location.hash)) return
  for (const input of all('form input[type=hidden][name=next]'))
    if (!input.value.includes('#')) input.value += location.hash
  for (const form of all('form[action*="next="]')) {
    const address = new URL(form.action)
    const next = address.searchParams.get('next')
    if (next.includes('#')) continue
    address.searchParams.set('next', next + location.hash)
    form.action = address.pathname + address.search
  }
}

/** Shows this page as it is now, every few seconds while something is under way and nobody is typing. */
function keepFresh({ dataset }) {
  if (dataset.refresh === '') return
  setInterval(() => {
    if (document.activeElement !== document.body) return
    if (location.pathname === dataset.refresh) location.reload()
    else location.replace(dataset.refresh)
  }, 3000)
}

for (const box of all('[data-progress]')) followProgress(box)
for (const field of all('[data-copy]')) offerCopy(field)
for (const field of all('input[type=password]')) offerReveal(field)
for (const input of all('[data-filter]')) filterRows(input)
for (const box of all('[data-refresh]')) keepFresh(box)
tameMenus()
keepFragment()
