// search.mjs: how long the slowest of some searches takes in Chromium, and how much processor time the longest task of the page's thread took while
// pages and the index load; in ms: SEARCH FIRST_PAGE ALL_NAMES BLANK. Depends on playwright-core: node search.mjs FOLDER
// SPDX-License-Identifier: Apache-2.0
//
// A task's wall time is mostly waiting when other work holds the processors: what the page is to blame for is its processor time (`tdur` of
// Chromium's trace). A page without anything, measured the same way, tells what is the browser's own.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';

const folder = resolve(process.argv[2]);
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

// The longest task of the main thread of the page, while `visit` does something with it.
async function longestTask(visit) {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await (await browser.newContext()).newPage();
  await browser.startTracing(page, { categories: ['toplevel'] });
  await visit(page);
  await page.waitForTimeout(300);
  const events = JSON.parse((await browser.stopTracing()).toString()).traceEvents;
  await browser.close();
  const thread = e => e.pid + ':' + e.tid;
  const mains = new Set(events.filter(e => e.name === 'thread_name' && e.args.name === 'CrRendererMain').map(thread));
  const tasks = events.filter(e => e.ph === 'X' && e.name.endsWith('RunTask') && mains.has(thread(e)));
  return Math.max(0, ...tasks.map(e => (e.tdur ?? 0) / 1000));
}
const address = file => 'file://' + join(folder, file);

async function slowestSearch() {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await (await browser.newContext()).newPage();
  await openSearch(page);
  let slowest = 0;
  for (const query of ['e', 'ea', 'late', 'small_large', 'part of a number', 'i64, i64 -> i64', 'rapid_bright_9_9', 'qzx', 'never twice', 'brihgt', 'stdy', 'open_local_3']) {
    const times = [];
    for (let i = 0; i < 5; i++) times.push(await page.evaluate(async q => { const start = performance.now(); await window.janusFind(q); return performance.now() - start; }, query));
    slowest = Math.max(slowest, Math.min(...times));
  }
  await browser.close();
  return slowest;
}
async function openSearch(page) {
  await page.goto(address('index.html'));
  await page.keyboard.press('/');
  await page.waitForSelector('.palette[open]');
  await page.keyboard.type('early_plain_7');
  await page.waitForSelector('.hit', { timeout: 60000 });
}

const search = await slowestSearch();
const first = await longestTask(openSearch);
const names = await longestTask(page => page.goto(address(existsSync(join(folder, 'names-2.html')) ? 'names-2.html' : 'all.html')));
const blank = await longestTask(page => page.goto('data:text/html,<p>blank'));
console.log([search, first, names, blank].map(x => x.toFixed(1)).join(' '));
