/** What a browser says of a request. */
import t from 'tap'
import { isEmbedded, isFromElsewhere, wantsJson } from '../../src/web/navigation.ts'

t.test('only a tab of its own is no embedding', async (t) => {
  t.equal(isEmbedded({ 'sec-fetch-dest': 'document' }), false)
  t.equal(isEmbedded({}), false, 'a program that is no browser')
  for (const dest of ['empty', 'iframe', 'frame', 'embed', 'object', 'image', 'script', ''])
    t.equal(isEmbedded({ 'sec-fetch-dest': dest }), true, dest)
})

t.test('another site is told from our own and from the address bar', async (t) => {
  t.equal(isFromElsewhere({ 'sec-fetch-site': 'cross-site' }), true)
  t.equal(isFromElsewhere({ 'sec-fetch-site': 'same-site' }), true)
  for (const site of ['same-origin', 'none'])
    t.equal(isFromElsewhere({ 'sec-fetch-site': site }), false)
  t.equal(isFromElsewhere({}), false)
})

t.test('programs get JSON, people get pages', async (t) => {
  const html = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
  t.equal(wantsJson({ accept: html }), false)
  t.equal(wantsJson({ accept: '*/*' }), false)
  t.equal(wantsJson({}), false)
  t.equal(wantsJson({ accept: 'application/json' }), true)
  t.equal(wantsJson({ accept: 'text/html;q=0.5, application/json' }), true)
  t.equal(wantsJson({ accept: 'text/html, application/json;q=0.5' }), false)
  t.equal(wantsJson({ accept: 'application/json;q=0' }), false)
  t.equal(wantsJson({ accept: '*/*', 'sec-fetch-dest': 'empty' }), true)
  t.equal(wantsJson({ accept: 'application/json', 'sec-fetch-dest': 'document' }), false)
})
