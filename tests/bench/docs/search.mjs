// search.mjs: how long the slowest of some searches takes in Chromium, and the longest task while the page and its index load; in ms.
// Depends on playwright-core: node search.mjs FOLDER
// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';

const browser = await chromium.launch({ executablePath: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync), args: ['--no-sandbox'] });
const page = await (await browser.newContext()).newPage();
// A gap between two beats is a task that held the page.
await page.addInitScript(() => {
  window.longest = 0;
  let last = performance.now();
  const channel = new MessageChannel();
  channel.port1.onmessage = () => { const now = performance.now(); window.longest = Math.max(window.longest, now - last); last = now; setTimeout(() => channel.port2.postMessage(0), 1); };
  channel.port2.postMessage(0);
});
await page.goto('file://' + join(resolve(process.argv[2]), 'index.html'));
await page.keyboard.press('/');
await page.waitForSelector('.palette[open]');
await page.keyboard.type('early_plain_7');
await page.waitForSelector('.hit', { timeout: 60000 });
await page.waitForTimeout(300);
const longest = await page.evaluate(() => window.longest);
let slowest = 0;
for (const query of ['e', 'ea', 'late', 'small_large', 'part of a number', 'i64, i64 -> i64', 'rapid_bright_9_9', 'qzx', 'never twice', 'brihgt', 'stdy', 'open_local_3']) {
  const times = [];
  for (let i = 0; i < 3; i++) times.push(await page.evaluate(async q => { const start = performance.now(); await window.janusFind(q); return performance.now() - start; }, query));
  slowest = Math.max(slowest, Math.min(...times));
}
console.log(slowest.toFixed(1), longest.toFixed(1));
await browser.close();
