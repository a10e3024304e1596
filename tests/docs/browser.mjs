// browser.mjs: the pages of `janus doc` in a real browser: search, keys, themes, phone width, print, accessibility, hostile texts.
// Depends on playwright-core and axe-core (package.json), Chromium, and pages made before: node browser.mjs SHOP HOSTILE [SITE] [--shots DIR]
// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';

const args = process.argv.slice(2);
const shots = args.includes('--shots') ? args.splice(args.indexOf('--shots'), 2)[1] : '';
const [shop, hostile, site] = args.map(a => resolve(a));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
if (shots) mkdirSync(shots, { recursive: true });

let passed = 0, failed = 0;
function check(what, ok, more = '') {
  if (ok) { passed++; return; }
  failed++;
  console.log(`FAILED: ${what}${more ? ': ' + more : ''}`);
}
const browser = await chromium.launch({ executablePath: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync), args: ['--no-sandbox'] });

// A page whose every complaint is kept, and which must not reach for the network.
async function visit(folder, file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: options.bypassCSP ?? false, ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on('console', m => { if (m.type() === 'error' || m.type() === 'warning') page.complaints.push(m.text()); });
  page.on('pageerror', e => page.complaints.push(e.message));
  page.on('dialog', d => { page.complaints.push('dialog ' + d.message()); d.dismiss(); });
  page.on('request', r => { if (!r.url().startsWith('file:') && !r.url().startsWith('data:')) page.complaints.push('request ' + r.url()); });
  await page.goto('file://' + join(folder, file));
  return page;
}
const pages = folder => readdirSync(folder).filter(f => f.endsWith('.html'));

// ---- every page: no complaint, nothing wider than the screen, no violation of WCAG 2.1 A and AA
async function every(folder, name, most) {
  const list = pages(folder);
  const step = Math.max(1, Math.ceil(list.length / most));
  for (let i = 0; i < list.length; i += step) {
    const file = list[i];
    const page = await visit(folder, file, { bypassCSP: true });
    await page.evaluate(axe);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      const result = await page.evaluate(() => axe.run(document, { preload: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }));
      check(`${name}/${file} ${colorScheme}: accessibility`, result.violations.length === 0, result.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + (n.any[0]?.message ?? '').slice(0, 200)).join(' | ')}`).join('; '));
      check(`${name}/${file} ${colorScheme}: no complaints`, page.complaints.length === 0, page.complaints.join('; '));
    }
    await page.setViewportSize({ width: 360, height: 740 });
    const phone = page;
    const wide = await phone.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(`${name}/${file}: fits a phone`, wide <= 0, `${wide} pixels too wide`);
    const dead = await phone.evaluate(() => [...document.querySelectorAll('a[href^="#"]')].filter(a => !document.getElementById(decodeURIComponent(a.getAttribute('href').slice(1)))).map(a => a.getAttribute('href')));
    check(`${name}/${file}: links within the page`, dead.length === 0, dead.slice(0, 5).join(' '));
    await phone.context().close();
  }
  // Links between pages lead to pages and anchors that exist.
  const ids = new Map(list.map(f => [f, new Set([...readFileSync(join(folder, f), 'utf8').matchAll(/ id="([^"]*)"/g)].map(m => m[1].replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&')))]));
  let dead = [];
  for (const file of list)
    for (const [, href] of readFileSync(join(folder, file), 'utf8').matchAll(/<a [^>]*href="([^"]*)"/g)) {
      if (/^[a-z]+:|^#/.test(href)) continue;
      const [target, anchor] = href.replaceAll('&amp;', '&').split('#');
      if (!ids.has(target) || (anchor && !ids.get(target).has(decodeURIComponent(anchor)))) dead.push(`${file} -> ${href}`);
    }
  check(`${name}: links between pages`, dead.length === 0, dead.slice(0, 8).join(', '));
}

// ---- what opens above a page: the search with hits, and the keys
async function dialogs(folder) {
  for (const colorScheme of ['light', 'dark']) {
    const page = await visit(folder, 'index.html', { bypassCSP: true, colorScheme });
    await page.evaluate(axe);
    const look = async what => {
      const result = await page.evaluate(() => axe.run(document, { preload: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }));
      check(`${what}, ${colorScheme}: accessibility`, result.violations.length === 0, result.violations.map(v => `${v.id}: ${v.nodes[0].html.slice(0, 160)}`).join('; '));
    };
    await page.keyboard.press('/');
    await page.waitForSelector('.palette[open]');
    await page.keyboard.type('or');
    await page.waitForSelector('.hit');
    await look('the search with hits');
    await page.keyboard.type('qqqq');
    await page.waitForFunction(() => !document.querySelector('.hit'));
    await look('the search without hits');
    const inside = () => page.evaluate(() => document.querySelector('.palette').contains(document.activeElement));
    for (const key of ['Tab', 'Tab', 'Tab', 'Shift+Tab']) {
      await page.keyboard.press(key);
      check(`${key} stays in the search`, await inside());
    }
    await page.mouse.click(640, 5);
    check('a click beside it closes the search', await page.evaluate(() => !document.querySelector('.palette').open && getComputedStyle(document.querySelector('.shade')).display === 'none'));
    await page.keyboard.press('/');
    await page.waitForSelector('.palette[open]');
    check('the search has the focus again', await page.evaluate(() => document.activeElement.matches('.palette input')));
    await page.keyboard.press('Escape');
    check('Escape closes a search that has text', await page.evaluate(() => !document.querySelector('.palette').open));
    await page.keyboard.press('?');
    await page.waitForSelector('.help[open]');
    await look('the keys');
    await page.context().close();
  }
}

// ---- pictures and footnotes of a guide
async function drawn(folder) {
  const page = await visit(folder, 'guide-selling.html');
  const picture = page.locator('img');
  check('a picture of the package is shown', await picture.evaluate(i => i.complete && i.naturalWidth === 64), await picture.getAttribute('src'));
  await page.click('.footnote');
  check('a footnote is reached', await page.evaluate(() => document.querySelector('.footnotes li:target') !== null));
  await page.click('.back');
  check('and the text again', page.url().endsWith('#fnref.1'), page.url());
  check('pictures and footnotes: no complaints', page.complaints.length === 0, page.complaints.join('; '));
  await page.context().close();
}

// ---- search and keys
async function searching(folder) {
  const page = await visit(folder, 'index.html');
  await page.keyboard.press('/');
  await page.waitForSelector('.palette[open]');
  check('the key / opens the search', await page.evaluate(() => document.activeElement.matches('.palette input')));
  await page.keyboard.type('total');
  await page.waitForSelector('.hit');
  const first = await page.textContent('.hit .name');
  check('the function of that name comes first', first === 'orders.total', first);
  const names = await page.$$eval('.hit .name', l => l.map(e => e.textContent));
  await page.keyboard.press('ArrowDown');
  check('the arrow moves on', await page.evaluate(() => document.querySelectorAll('.hit')[1]?.getAttribute('aria-selected') === 'true'), names.join(' '));
  check('a reader is told the chosen one', await page.evaluate(() => document.querySelector('.palette input').getAttribute('aria-activedescendant') === 'hit-1'));
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.waitForURL(/orders\.html#total$/);
  check('Enter opens the page at the item', page.url().endsWith('orders.html#total'), page.url());
  const seen = await page.evaluate(() => { const r = document.getElementById('total').getBoundingClientRect(); return r.top >= 0 && r.top < innerHeight; });
  check('the item is in view', seen);
  await page.keyboard.press('/');
  await page.waitForSelector('.palette[open]');
  await page.keyboard.press('Escape');
  check('Escape closes the search', await page.evaluate(() => !document.querySelector('.palette').open));
  const asked = async q => { await page.evaluate(() => 0); return page.evaluate(q => window.janusFind(q), q); };
  await page.keyboard.press('/');
  await page.waitForSelector('.palette[open]');
  for (const [query, want] of [['Order', 'Order'], ['order.add', 'add'], ['billable', 'Billable'], ['MAX', 'MAX_LINES'], ['toolong', 'TooLong'], ['same_owner', 'same_owner'], ['sameowner', 'same_owner'], ['totl', 'total'], ['capstock', 'CapStock'], ['selling', 'Selling things'], ['parcels', 'gcd'], ['(Order) ', ''], ['Order, -> bool', '']]) {
    if (!want) continue;
    const hits = await asked(query);
    check(`searching ${query}`, hits[0]?.name === want, hits.slice(0, 4).map(h => h.name).join(' '));
  }
  const typed = await asked('-> PriceError!i64');
  check('searching a type', typed.some(h => h.name === 'cents'), typed.map(h => h.name).join(' '));
  const deprecated = await asked('sum');
  check('what is deprecated comes later', deprecated.length > 0);
  await page.keyboard.type('qqqqzzzz');
  await page.waitForTimeout(50);
  check('nothing found is said', (await page.textContent('.palette .none')).includes('Nothing found'));
  check('search: no complaints', page.complaints.length === 0, page.complaints.join('; '));
  await page.context().close();
}

// ---- the obvious thing comes first: in the standard library and the pages of the site
async function obvious(folder) {
  const page = await visit(folder, 'index.html');
  await page.keyboard.press('/');
  await page.waitForSelector('.palette[open]');
  await page.keyboard.type('x');
  await page.waitForSelector('.hit');
  for (const [query, want] of [['map', 'std.map.Map'], ['sort', 'Array.sort'], ['http get', 'std.http.get'], ['push', 'Array.push'], ['hash', '.std.hash'], ['env', '.std.env'], ['i64.parse', 'i64.parse'], ['String.split', 'String.split'], ['parse json', 'std.json.parse'], ['nursery', 'Concurrency.Nurseries'], ['E2001', 'diagnostics.E2001 TypeMismatch'], ['fserror', 'std.fs.FsError'], ['[]T -> i64', 'Array.len'], ['current time', 'std.time.Time']]) {
    const hits = await page.evaluate(q => window.janusFind(q), query);
    check(`site: searching ${query}`, hits[0] && hits[0].owner + '.' + hits[0].name === want, hits.slice(0, 4).map(h => h.owner + '.' + h.name).join(' '));
  }
  await page.context().close();
}

// ---- themes, menu, print, without scripts
async function around(folder) {
  let page = await visit(folder, 'orders.html', { colorScheme: 'light' });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.click('.theme');
  const dark = await background();
  check('the button changes the theme', light !== dark, light + ' ' + dark);
  await page.reload();
  check('the theme is kept', await background() === dark);
  await page.context().close();

  page = await visit(folder, 'orders.html', { colorScheme: 'light' });
  await page.keyboard.press('?');
  check('? shows the keys', await page.isVisible('.help[open]'));
  await page.keyboard.press('Escape');
  check('Escape closes them', !(await page.isVisible('.help')));
  await page.keyboard.press('t');
  check('t changes the theme', await background() !== light);
  await page.emulateMedia({ media: 'print' });
  check('print is dark ink on white, whatever was chosen', await background() === 'rgb(255, 255, 255)' || await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme === 'light'));
  await page.context().close();

  page = await visit(folder, 'orders.html', { viewport: { width: 390, height: 800 } });
  check('on a phone the menu is closed', !(await page.isVisible('.tree')));
  await page.click('.menu');
  check('its button opens it', await page.isVisible('.tree'));
  await page.keyboard.press('Escape');
  check('Escape closes it', !(await page.isVisible('.tree')));
  await page.context().close();

  page = await visit(folder, 'orders.html', { javaScriptEnabled: false });
  check('without scripts the text is there', (await page.textContent('main')).includes('What an order costs'));
  check('without scripts no button stands about', !(await page.isVisible('.find')) && !(await page.isVisible('.theme')));
  await page.context().close();

  page = await visit(folder, 'orders.html');
  await page.emulateMedia({ media: 'print' });
  check('print has no bars', !(await page.isVisible('.bar')) && !(await page.isVisible('.tree')));
  await page.emulateMedia({ media: 'screen' });
  const order = [];
  for (let i = 0; i < 6; i++) { await page.keyboard.press('Tab'); order.push(await page.evaluate(() => document.activeElement.className || document.activeElement.textContent)); }
  check('the first stop of Tab skips to the content', order[0] === 'skip', order.join(', '));
  await page.hover('.code');
  check('code can be copied', await page.isVisible('.code .copy'));
  await page.context().close();

  page = await visit(folder, 'source-orders.html');
  const target = await page.evaluate(() => [...document.querySelectorAll('.source a')].find(a => a.textContent === 'Price' && a.getAttribute('href').includes('prices'))?.getAttribute('href'));
  check('names in sources lead to their pages', target === 'prices-Price.html', String(target));
  const call = await page.evaluate(() => [...document.querySelectorAll('.source a')].filter(a => a.textContent === 'cents').map(a => a.getAttribute('href')));
  check('calls in sources lead to functions', call.includes('prices-Price.html#cents'), call.join(' '));
  await page.context().close();
}

// ---- the modules by their paths: in the sidebar, on the first page, by keyboard, on a phone, without scripts, from right to left
async function nested(folder) {
  // Each entry as a reader finds it: its depth, its name, whether it is a link, and what opens it.
  const entries = page => page.$$eval('.tree > details > ul li', l => l.filter(e => e.checkVisibility({ contentVisibilityAuto: true }) && e.getClientRects().length).map(e => {
    const link = e.querySelector(':scope > a'), mark = e.querySelector(':scope > details > summary');
    let depth = 0;
    for (let up = e.parentElement.closest('li'); up; up = up.parentElement.closest('li')) depth++;
    return '  '.repeat(depth) + (link ?? mark).textContent + (link ? '' : ' (no link)') + (mark ? mark.parentElement.open ? ' -' : ' +' : '') + (link?.ariaCurrent ? ' here' : '');
  }));
  for (const [file, want] of [
    ['index.html', ['deep (no link) +', 'geometry +', 'net (no link) +', 'units']],
    ['units.html', ['deep (no link) +', 'geometry +', 'net (no link) +', 'units here']],
    ['geometry.html', ['deep (no link) +', 'geometry - here', '  lines', '  shapes +', '  Point', '  Side', 'net (no link) +', 'units']],
    ['geometry-Point.html', ['deep (no link) +', 'geometry -', '  lines', '  shapes +', '  Point here', '  Side', 'net (no link) +', 'units']],
    ['geometry.shapes.round.html', ['deep (no link) +', 'geometry -', '  lines', '  shapes -', '    round here', '      Circle', 'net (no link) +', 'units']],
    ['net.udp.html', ['deep (no link) +', 'geometry +', 'net (no link) -', '  http', '  udp here', 'units']],
    ['deep.in.one.place.html', ['deep (no link) -', '  in (no link) -', '    one (no link) -', '      place here', 'geometry +', 'net (no link) +', 'units']],
  ])
    for (const javaScriptEnabled of [true, false]) {
      const page = await visit(folder, file, { javaScriptEnabled });
      const seen = await entries(page);
      check(`the tree of ${file}${javaScriptEnabled ? '' : ' without scripts'}`, seen.join('\n') === want.join('\n'), seen.join(' | '));
      await page.context().close();
    }
  let page = await visit(folder, 'units.html');
  await page.locator('.tree a', { hasText: /^geometry$/ }).focus();
  await page.keyboard.press('Tab');
  check('Tab goes from a module to the mark that opens it', await page.evaluate(() => document.activeElement.ariaLabel === 'Modules in geometry'));
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  check('Enter opens it and Tab goes into it', await page.evaluate(() => document.activeElement.textContent === 'lines'));
  await page.keyboard.press('Enter');
  await page.waitForURL(/geometry\.lines\.html$/);
  for (const direction of ['ltr', 'rtl']) {
    await page.evaluate(d => { document.documentElement.dir = d; }, direction);
    const [mark, name, inner] = await page.evaluate(() => ['.tree li > a + details > summary', '.tree li > a:has(+ details)', '.tree li li > a'].map(s => { const r = document.querySelector(s).getBoundingClientRect(); return { left: r.left, right: r.right, height: r.height }; }));
    check(`${direction}: the mark stands where a line begins, what is below further in`, direction === 'ltr' ? mark.left <= name.left && inner.left > name.left : mark.right >= name.right && inner.right < name.right, JSON.stringify([mark, name, inner]));
    check(`${direction}: nothing wider than the screen`, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    check(`${direction}: the mark is large enough to be hit`, mark.height >= 24, String(mark.height));
  }
  await page.context().close();
  page = await visit(folder, 'geometry.shapes.round.html', { viewport: { width: 1280, height: 190 } });
  const shown = page.waitForFunction(() => { const r = document.querySelector('.tree a[aria-current]').getBoundingClientRect(); return r.top > 56 && r.bottom < innerHeight; }, null, { timeout: 5000 });
  check('the open module is in view in a long tree', await shown.then(() => true, () => false));
  await page.context().close();
  page = await visit(folder, 'geometry.html', { viewport: { width: 360, height: 740 } });
  await page.click('.menu');
  const covers = await page.evaluate(() => { const r = document.querySelector('.tree').getBoundingClientRect(); return r.bottom >= innerHeight && r.right >= innerWidth; });
  check('on a phone the menu covers the page', covers);
  await page.click('.tree summary[aria-label="Modules in geometry.shapes"]');
  check('on a phone a mark opens its modules', await page.locator('.tree a', { hasText: /^round$/ }).isVisible());
  await page.context().close();
  page = await visit(folder, 'index.html');
  const rows = await page.$$eval('.rows .row .name', l => l.map(e => e.textContent.trim()));
  check('the first page has all modules', rows.join(' ') === 'deep.in.one.place geometry geometry.lines geometry.shapes geometry.shapes.round net.http net.udp units', rows.join(' '));
  const within = await page.evaluate(() => document.getElementById('modules.geometry').contains(document.querySelector('.row a[href="geometry.shapes.round.html"]')) && !document.querySelector('.branch summary a'));
  check('each below the part of the path that it is in', within);
  await page.emulateMedia({ media: 'print' });
  check('print has them too', await page.locator('.row a[href="net.udp.html"]').isVisible());
  await page.context().close();
  page = await visit(folder, 'geometry.html');
  const below = await page.$$eval('#submodules + ul a', l => l.map(e => e.getAttribute('href')));
  check('a module names those below it', below.join(' ') === 'geometry.lines.html geometry.shapes.html geometry.shapes.round.html', below.join(' '));
  await page.context().close();
}

// ---- texts that try to run: nothing may, and the rest is shown
async function harmless(folder) {
  for (const file of pages(folder)) {
    const page = await visit(folder, file, { bypassCSP: true });
    await page.waitForTimeout(60);
    const run = await page.evaluate(() => window.__xss);
    check(`${file}: nothing ran`, run === undefined);
    const bad = await page.evaluate(() => {
      const out = [];
      for (const e of document.querySelectorAll('*')) {
        for (const a of e.attributes) if (/^on/i.test(a.name)) out.push(e.tagName + ' ' + a.name);
        const copied = e.tagName === 'IMG' && /^picture-[\w.-]+$/.test(e.getAttribute('src'));   // a file of the package
        if (/^(IFRAME|OBJECT|EMBED|FORM|BASE|STYLE|IMG|MATH)$/.test(e.tagName) && !copied) out.push(e.tagName);
        const href = e.getAttribute('href');
        if (href && e.tagName === 'A' && !/^(#|https?:|mailto:|[\w~%.-]+\.html)/i.test(href)) out.push('href ' + href);
      }
      const scripts = [...document.scripts].filter(s => !/^file:.*(janus|janus-search|search-(index|\d+))\.js/.test(s.src));
      return out.concat(scripts.map(s => 'script ' + s.src));
    });
    check(`${file}: no markup of authors`, bad.length === 0, [...new Set(bad)].slice(0, 5).join(', '));
    check(`${file}: no requests`, page.complaints.length === 0, page.complaints.join('; '));
    if (file === 'payloads.html') {
      await page.keyboard.press('/');
      await page.waitForSelector('.palette[open]');
      await page.keyboard.type('script');
      await page.waitForSelector('.hit');
      check('hostile texts in search results', await page.evaluate(() => window.__xss === undefined && !document.querySelector('.hits script, .hits img')));
    }
    await page.context().close();
  }
}

await searching(shop);
await around(shop);
await every(shop, 'shop', 1000);
await harmless(hostile);
await dialogs(shop);
await drawn(shop);
await nested(join(shop, '..', 'tree'));
await every(join(shop, '..', 'tree'), 'tree', 1000);
await every(join(shop, '..', 'coverage'), 'coverage', 10);
if (site) { await obvious(site); await every(site, 'site', 12); }
if (shots)
  for (const [folder, file, name, width, height, colorScheme, y] of [[shop, 'orders.html', 'module-light', 1440, 1000, 'light', 0], [shop, 'orders.html', 'items-dark', 1440, 1000, 'dark', 900], [shop, 'orders-Order.html', 'type-phone', 390, 844, 'light', 0], ...(site ? [[site, 'index.html', 'home', 1440, 1000, 'light', 0], [site, 'type-Array.html', 'array-dark', 1440, 1000, 'dark', 2600]] : [])]) {
    const page = await visit(folder, file, { viewport: { width, height }, colorScheme });
    await page.evaluate(y => scrollTo(0, y), y);
    await page.waitForTimeout(100);
    await page.screenshot({ path: join(shots, name + '.png') });
    await page.context().close();
  }
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
