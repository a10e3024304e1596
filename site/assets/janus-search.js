// janus-search.js: the search of a page of `janus doc`: its index, what fits how well, and the window that shows it.
// Depends on janus.js, and on search-index.js and search-N.js, which docgen/search.cpp writes.
// SPDX-License-Identifier: Apache-2.0
(function () {
  "use strict";
  const { element, addDialog } = window.janus;

  // By the letter of a row: its word, the colour of its badge, and what a hit of its kind weighs more than others.
  const KINDS = {
    m: { word: "module", css: "k-module", weight: 34 }, b: { word: "type", css: "k-struct", weight: 44 },
    s: { word: "struct", css: "k-struct", weight: 42 }, e: { word: "enum", css: "k-enum", weight: 42 },
    r: { word: "error", css: "k-error", weight: 36 }, t: { word: "trait", css: "k-trait", weight: 42 },
    k: { word: "capability", css: "k-capability", weight: 36 }, a: { word: "type", css: "k-struct", weight: 34 },
    c: { word: "const", css: "", weight: 18 }, f: { word: "func", css: "k-func", weight: 30 },
    d: { word: "method", css: "k-func", weight: 28 }, l: { word: "field", css: "", weight: -320 },
    v: { word: "variant", css: "k-enum", weight: 10 }, g: { word: "guide", css: "k-trait", weight: 26 },
    h: { word: "section", css: "", weight: 6 },
  };
  // The letter is a capital when the thing is deprecated.
  const kindOf = (row) => KINDS[index.kinds[row].toLowerCase()];
  const isOld = (row) => index.kinds[row] < "a";

  // ---- the index: columns of text, one line a row, scanned. It comes in parts of about a thousand rows, one script
  // each, so that no task holds the page for long; nothing is built in the browser.
  let index = null, waiting = null, begun = false;

  window.janusSearch = (head) => {
    index = {
      names: [], owners: [], kinds: "", hrefs: [], signatures: [], summaries: [],   // as they are shown
      lower: [], owner: [], sig: [], sum: [], body: [],                             // as they are searched
      count: 0, parts: head.parts, loaded: 0, ready: false,
    };
    nextPart();
  };
  window.janusSearchPart = (data) => {
    const base = index.count;
    const append = (to, text) => {
      const lines = text.split("\n");
      lines.pop();
      for (const line of lines) to.push(line);
    };
    append(index.names, data.names);
    append(index.owners, data.owners);
    append(index.hrefs, data.hrefs);
    append(index.signatures, data.signatures);
    append(index.summaries, data.summaries);
    append(index.lower, data.names.toLowerCase());
    append(index.owner, data.owners.toLowerCase());
    index.kinds += data.kinds;
    index.sig.push(column(data.signatures.toLowerCase(), base));
    index.sum.push(column(data.summaries.toLowerCase(), base));
    index.body.push(column(data.bodies.toLowerCase(), base));   // its writer knows the letters of ASCII alone
    index.count = index.names.length;
    index.loaded++;
  };
  function nextPart() {
    if (index.loaded < index.parts) return addScript("search-" + (index.loaded + 1) + ".js", nextPart);
    index.ready = true;
    if (waiting) waiting();
    waiting = null;
  }
  function addScript(file, then) {
    const tag = element("script");
    tag.src = file;
    tag.onload = then || null;
    tag.onerror = () => say("The search index could not be loaded.");
    document.head.append(tag);
  }
  function loadIndex(then) {
    if (index && index.ready) return then();
    waiting = then;
    if (!begun) addScript("search-index.js");
    begun = true;
  }

  // A column that is searched as one text: matches are found by one scan, rows by their starts.
  function column(text, base) {
    const starts = [];
    for (let at = 0; at < text.length; at = text.indexOf("\n", at) + 1 || text.length) starts.push(at);
    return { text, starts, base };
  }
  const MOST_MATCHES = 20000;   // of a word in a column
  function scan(columns, word, each) {
    let n = 0;
    for (const { text, starts, base } of columns) {
      let at = -1, row = 0;
      while (row < starts.length && (at = text.indexOf(word, at + 1)) !== -1) {
        let lo = row, hi = starts.length - 1;
        while (lo < hi) {
          const mid = (lo + hi + 1) >> 1;
          if (starts[mid] <= at) lo = mid; else hi = mid - 1;
        }
        each(base + lo, at - starts[lo], at > 0 ? text[at - 1] : "\n");
        if (++n > MOST_MATCHES) return;
        row = lo + 1;
        at = (row < starts.length ? starts[row] : text.length) - 1;   // one match a row is enough
      }
    }
  }

  // ---- how well a word fits
  function isBoundary(name, at) {
    const before = name[at - 1], here = name[at];
    return at === 0 || "_. -".includes(before) || (here >= "A" && here <= "Z" && !(before >= "A" && before <= "Z"));
  }
  // A name: 0 when not at all.
  function fit(word, lower, name) {
    const at = lower.indexOf(word), more = lower.length - word.length;
    if (at === -1) return 0;
    if (at === 0) return more === 0 ? 1000 : 700 - Math.min(200, more * 6);
    for (let next = at; next !== -1; next = lower.indexOf(word, next + 1))
      if (isBoundary(name, next)) return 430 - Math.min(120, more * 3);
    return word.length > 1 ? 260 - Math.min(120, more * 3) : 0;
  }
  // Letters in order, beginning alike; or one slip of the fingers.
  function near(word, lower) {
    if (word.length < 3 || lower[0] !== word[0]) return 0;
    let i = 0, gaps = 0, last = -1;
    for (let j = 0; j < lower.length && i < word.length; j++) {
      if (lower[j] !== word[i]) continue;
      if (last >= 0) gaps += j - last - 1;
      last = j;
      i++;
    }
    if (i === word.length) return gaps <= word.length ? 130 - gaps * 4 : 0;
    if (Math.abs(word.length - lower.length) > 1 || word.length < 4) return 0;
    let a = 0, b = word.length - 1, c = lower.length - 1;
    while (a <= b && a <= c && word[a] === lower[a]) a++;
    while (b > a && c > a && word[b] === lower[c]) { b--; c--; }
    return b - a <= 1 && c - a <= 1 ? 140 : 0;
  }

  // ---- a question's hits, the best first
  const MOST_HITS = 60;
  function search(query) {
    const asked = query.trim().replace(/^`|`$/g, "");
    if (!asked || !index) return [];
    const hits = /->|\[\]|[(!?]/.test(asked) ? searchTypes(asked) : searchWords(asked);
    for (const hit of hits) {
      const owner = index.owners[hit.row];
      if (isOld(hit.row)) hit.score -= 120;
      if (owner && !owner.includes(".")) hit.score += 12;
      hit.score -= Math.min(20, owner.length / 3);
    }
    hits.sort((a, b) => b.score - a.score || a.row - b.row);
    return hits.slice(0, MOST_HITS);
  }

  // A piece of a signature: `[]T -> i64`. White space does not matter.
  function searchTypes(asked) {
    const flat = asked.toLowerCase().replace(/\s+/g, " "), total = new Float64Array(index.count);
    scan(index.sig, flat, (row) => { total[row] += 300; });
    if (flat.startsWith("->") || flat.includes(" -> ")) {
      const parts = flat.split("->"), left = parts[0].trim(), right = "-> " + (parts[1] || "").trim();
      // A method's first parameter is its owner, which the signature does not repeat.
      const head = left.split(",")[0].trim();
      const of = head.startsWith("[]") ? "array" : head[0] === "?" ? "optional" : head.replace(/[^a-z0-9_].*$/, "");
      scan(index.sig, right, (row) => {
        const sig = index.signatures[row].toLowerCase(), own = index.owner[row];
        if (!left || sig.includes(left)) total[row] += 200;
        else if (of && sig.includes("self") && (own === of || own.endsWith("." + of))) total[row] += 160;
      });
    }
    const hits = [];
    for (let row = 0; row < index.count; row++)
      if (total[row]) hits.push({ row, score: total[row] + kindOf(row).weight - index.signatures[row].length / 4 });
    return hits.filter((hit) => hit.score > 0);
  }

  // Rows that have all the words, or where nothing has all of them, most of them.
  function searchWords(asked) {
    const words = asked.toLowerCase().split(/[\s:]+/).filter(Boolean).slice(0, 8), n = index.count;
    const total = new Float64Array(n), seen = new Uint8Array(n);
    let most = 0;
    for (const full of words) {
      const score = scoresOf(full, words.length > 1);
      for (let i = 0; i < n; i++) {
        if (!score[i]) continue;
        total[i] += score[i];
        if (++seen[i] > most) most = seen[i];
      }
    }
    const hits = [];
    for (let row = 0; row < n; row++)
      if (most && seen[row] === most) hits.push({ row, score: total[row] + kindOf(row).weight });
    return hits;
  }

  // How well each row fits one word, `name` or `owner.name`.
  function scoresOf(full, amongOthers) {
    const n = index.count, score = new Float64Array(n);
    const dot = full.lastIndexOf("."), split = dot > 0 && dot < full.length - 1;
    const word = split ? full.slice(dot + 1) : full.replace(/[.()]+$/g, ""), owner = split ? full.slice(0, dot) : "";
    if (!word) return score;
    const plural = /[^aeiou]y$/.test(word) ? word.slice(0, -1) + "ies" : "";
    let any = false;
    for (let i = 0; i < n; i++) {
      const lower = index.lower[i], kind = index.kinds[i], own = index.owner[i];
      let s = fit(word, lower, index.names[i]);
      // A module goes by the last part of its path; a heading may stand in the plural.
      if (s && kind === "m" && lower.endsWith("." + word)) s = 1000;
      if (plural && (kind === "h" || kind === "g")) s = Math.max(s, fit(plural, lower, index.names[i]));
      if (owner) {
        if (s && (own === owner || own.endsWith("." + owner))) s += 200;
        else if (s && own.includes(owner)) s += 60;
        else s = lower === full ? 1000 : 0;
      } else if (amongOthers && own.includes(word)) {
        s = Math.max(s, own.endsWith(word) ? 240 : 160);
      }
      if (s) { score[i] = s; any = true; }
    }
    if (!owner) {
      const edge = (at, before) => at === 0 || before === " " || before === "`";
      const atLeast = (row, s) => { score[row] = Math.max(score[row], s); };
      scan(index.sum, word, (row, at, before) => {
        atLeast(row, Math.max(edge(at, before) ? 90 : 40, score[row] + 1));
        any = true;
      });
      scan(index.sig, word, (row) => { atLeast(row, 70); any = true; });
      scan(index.body, word, (row, at, before) => atLeast(row, edge(at, before) ? 45 : 20));
    }
    if (!any) for (let i = 0; i < n; i++) score[i] = Math.max(score[i], near(word, index.lower[i]));
    return score;
  }
  // For whoever wants to search by program, as the tests do.
  window.janusFind = (query) => search(query).map(({ row, score }) => (
    { name: index.names[row], owner: index.owners[row], kind: index.kinds[row], href: index.hrefs[row], score }));

  // ---- the window
  let palette, input, list, live, none, before = null, hits = [], at = 0;
  const HINTS = [["↑ ↓", "choose"], ["Enter", "open"], ["[]T -> i64", "search by type"], ["Map.get", "by owner"]];

  function say(text) {
    if (!palette) return;
    live.textContent = text;
    none.textContent = text;
    none.hidden = !text || hits.length > 0;
  }
  function buildPalette() {
    palette = element("dialog", "palette");
    palette.setAttribute("aria-label", "Search");
    const placeholder = "Search names, types and text";
    input = Object.assign(element("input"), { type: "search", placeholder, autocomplete: "off", spellcheck: false });
    input.setAttribute("role", "combobox");
    const aria = { label: "Search", expanded: "false", controls: "hits", autocomplete: "list" };
    for (const name in aria) input.setAttribute("aria-" + name, aria[name]);
    const close = Object.assign(element("button"), { type: "button" });
    close.setAttribute("aria-label", "Esc, close the search");
    close.append(element("kbd", "", "Esc"));
    close.addEventListener("click", () => palette.close());
    const ask = element("div", "ask");
    ask.append(input, close);
    list = Object.assign(element("ul", "hits"), { id: "hits" });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Results");
    live = element("p", "quiet");
    live.setAttribute("role", "status");
    none = element("p", "none");
    none.hidden = true;
    const keys = element("div", "keys");
    for (const [key, what] of HINTS) {
      const hint = element("span");
      hint.append(element("kbd", "", key), " " + what);
      keys.append(hint);
    }
    palette.append(ask, none, list, keys, live);
    addDialog(palette);
    input.addEventListener("input", refresh);
    input.addEventListener("keydown", onKey);
    palette.addEventListener("close", () => { if (before) before.focus(); });
  }
  function onKey(e) {
    const n = hits.length;
    if (!n) return;
    if (e.key === "ArrowDown") choose((at + 1) % n);
    else if (e.key === "ArrowUp") choose((at + n - 1) % n);
    else if (e.key === "PageDown") choose(Math.min(n - 1, at + 8));
    else if (e.key === "PageUp") choose(Math.max(0, at - 8));
    else if (e.key === "Enter") go(at, e.ctrlKey || e.metaKey);
    else return;
    e.preventDefault();
  }
  function openSearch() {
    if (!palette) buildPalette();
    if (palette.open) return;
    before = document.activeElement;
    palette.show();
    input.select();
    input.focus();
    if (!index || !index.ready) say("Loading …");
    loadIndex(() => { say(""); refresh(); });
  }

  // The text with what was asked for marked in it.
  function marked(text, words) {
    const span = element("span"), lower = text.toLowerCase();
    let from = 0;
    while (from < text.length) {
      let best = null;
      for (const word of words) {
        const i = lower.indexOf(word, from);
        if (i !== -1 && (!best || i < best.at || (i === best.at && word.length > best.size)))
          best = { at: i, size: word.length };
      }
      if (!best) break;
      span.append(text.slice(from, best.at), element("mark", "", text.slice(best.at, best.at + best.size)));
      from = best.at + best.size;
    }
    span.append(text.slice(from));
    return span;
  }
  function hitOf(row, i, words) {
    const kind = kindOf(row), section = kind === KINDS.h, owner = index.owners[row];
    const li = Object.assign(element("li", "hit"), { id: "hit-" + i });
    li.setAttribute("role", "option");
    li.setAttribute("aria-selected", "false");
    const name = element("span", "name"), more = element("span", "more");
    if (owner && !section && kind !== KINDS.g) name.append(element("span", "owner", owner + "."));
    name.append(marked(index.names[row], words));
    if (owner && section) name.append(element("span", "owner", "  in " + owner));
    if (isOld(row)) name.append(" ", element("span", "old", "deprecated"));
    if (index.summaries[row]) more.append(marked(index.summaries[row], words));
    else if (index.signatures[row]) more.append(element("code", "", index.signatures[row]));
    li.append(element("span", "badge " + kind.css, kind.word), name, more);
    li.addEventListener("mousemove", () => { if (at !== i) choose(i, true); });
    li.addEventListener("click", (e) => go(i, e.ctrlKey || e.metaKey));
    return li;
  }
  function refresh() {
    if (!index || !index.ready) return;
    const query = input.value.trim(), words = query.toLowerCase().split(/[\s.:]+/).filter(Boolean);
    hits = search(query);
    list.replaceChildren(...hits.map((hit, i) => hitOf(hit.row, i, words)));
    input.setAttribute("aria-expanded", String(hits.length > 0));
    const found = hits.length === 1 ? "1 result" : hits.length + " results";
    say(!query ? "" : hits.length ? found : "Nothing found for “" + query + "”.");
    if (hits.length) choose(0); else input.removeAttribute("aria-activedescendant");
  }
  function choose(i, quiet) {
    if (list.children[at]) list.children[at].setAttribute("aria-selected", "false");
    at = i;
    const now = list.children[i];
    if (!now) return;
    now.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", now.id);
    if (!quiet) now.scrollIntoView({ block: "nearest" });
  }
  function go(i, tab) {
    const href = index.hrefs[hits[i].row];
    if (tab) return void window.open(href, "_blank", "noopener");
    before = null;
    palette.close();
    location.href = href;
  }

  window.janus.openSearch = openSearch;
  window.janus.wantSearch = () => loadIndex(() => {});
})();
