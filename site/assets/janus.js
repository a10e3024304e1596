// janus.js: search, theme, menu and copying for the pages of `janus doc`. Without it everything is readable. SPDX-License-Identifier: Apache-2.0
(function () {
  "use strict";
  var root = document.documentElement, script = document.currentScript;
  root.classList.add("js");

  // ---- theme: the system's, until a reader chooses; set before the page is painted
  var store = { get: function (k) { try { return localStorage.getItem(k); } catch (e) { return null; } }, set: function (k, v) { try { localStorage.setItem(k, v); } catch (e) { /* private mode */ } } };
  var chosen = store.get("janus-theme");
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;

  // ---- search: columns of text, one line a row, scanned
  var index = null, waiting = null, KINDS = { m: ["module", "k-module"], b: ["type", "k-struct"], s: ["struct", "k-struct"], e: ["enum", "k-enum"], r: ["error", "k-error"], t: ["trait", "k-trait"], k: ["capability", "k-capability"], a: ["type", "k-struct"], c: ["const", ""], f: ["func", "k-func"], d: ["method", "k-func"], l: ["field", ""], v: ["variant", "k-enum"], g: ["guide", "k-trait"], h: ["section", ""] };
  var WEIGHT = { m: 34, b: 44, s: 42, e: 42, r: 36, t: 42, k: 36, a: 34, c: 18, f: 30, d: 28, l: -320, v: 10, g: 26, h: 6 };

  // The index comes in parts of about a thousand rows, one script each, so that no task holds the page for long.
  window.janusSearch = function (head) {
    index = { names: [], owners: [], kinds: "", hrefs: [], signatures: [], summaries: [], lower: [], owner: [], sig: [], sum: [], body: [], count: 0, parts: head.parts, loaded: 0 };
    nextPart();
  };
  window.janusSearchPart = function (data) {
    var base = index.count, lines = function (text) { var list = text.split("\n"); list.pop(); return list; };
    var append = function (to, list) { for (var i = 0; i < list.length; i++) to.push(list[i]); };
    append(index.names, lines(data.names));
    append(index.owners, lines(data.owners));
    append(index.hrefs, lines(data.hrefs));
    append(index.signatures, lines(data.signatures));
    append(index.summaries, lines(data.summaries));
    append(index.lower, lines(data.names.toLowerCase()));
    append(index.owner, lines(data.owners.toLowerCase()));
    index.kinds += data.kinds;
    index.sig.push(column(data.signatures.toLowerCase(), base));
    index.sum.push(column(data.summaries.toLowerCase(), base));
    index.body.push(column(data.bodies, base));
    index.count = index.names.length;
    index.loaded++;
  };
  function nextPart() {
    if (index.loaded >= index.parts) { index.ready = true; if (waiting) { var w = waiting; waiting = null; w(); } return; }
    addScript("search-" + (index.loaded + 1) + ".js", nextPart);
  }
  // A column that is searched as one text: matches are found by one scan, rows by their starts.
  function column(text, base) {
    var starts = [], at = 0;
    while (at < text.length) { starts.push(at); at = text.indexOf("\n", at) + 1; if (at === 0) break; }
    return { text: text, starts: starts, base: base };
  }
  function scan(columns, word, each) {
    var n = 0;
    for (var c = 0; c < columns.length; c++) {
      var col = columns[c], at = -1, row = 0, starts = col.starts;
      while (row < starts.length && (at = col.text.indexOf(word, at + 1)) !== -1) {
        var lo = row, hi = starts.length - 1;
        while (lo < hi) { var mid = (lo + hi + 1) >> 1; if (starts[mid] <= at) lo = mid; else hi = mid - 1; }
        row = lo;
        each(col.base + row, at - starts[row], at > 0 ? col.text[at - 1] : "\n");
        if (++n > 20000) return;
        at = (row + 1 < starts.length ? starts[row + 1] : col.text.length) - 1;  // one match a row is enough
        row++;
      }
    }
  }
  function addScript(file, then) {
    var tag = document.createElement("script");
    tag.src = file;
    tag.onload = then || null;
    tag.onerror = function () { status("The search index could not be loaded."); };
    document.head.appendChild(tag);
  }
  function loadIndex(then) {
    if (index && index.ready) return then();
    waiting = then;
    if (loadIndex.begun) return;
    loadIndex.begun = true;
    addScript("search-index.js");
  }

  function isBoundary(name, at) {
    if (at === 0) return true;
    var before = name[at - 1], here = name[at];
    return before === "_" || before === "." || before === " " || before === "-" || (here >= "A" && here <= "Z" && !(before >= "A" && before <= "Z"));
  }
  // How well a word fits a name: 0 when not at all.
  function fit(word, lower, name) {
    var at = lower.indexOf(word);
    if (at === 0) return lower.length === word.length ? 1000 : 700 - Math.min(200, (lower.length - word.length) * 6);
    if (at > 0) {
      for (var next = at; next !== -1; next = lower.indexOf(word, next + 1)) if (isBoundary(name, next)) return 430 - Math.min(120, (lower.length - word.length) * 3);
      return word.length > 1 ? 260 - Math.min(120, (lower.length - word.length) * 3) : 0;
    }
    return 0;
  }
  function near(word, lower) {  // letters in order, beginning alike; or one slip of the fingers
    if (word.length < 3 || lower[0] !== word[0]) return 0;
    var i = 0, gaps = 0, last = -1;
    for (var j = 0; j < lower.length && i < word.length; j++) if (lower[j] === word[i]) { if (last >= 0) gaps += j - last - 1; last = j; i++; }
    if (i === word.length) return gaps <= word.length ? 130 - gaps * 4 : 0;
    if (Math.abs(word.length - lower.length) > 1 || word.length < 4) return 0;
    var a = 0, b = word.length - 1, c = lower.length - 1;
    while (a <= b && a <= c && word[a] === lower[a]) a++;
    while (b > a && c > a && word[b] === lower[c]) { b--; c--; }
    return b - a <= 1 && c - a <= 1 ? 140 : 0;
  }

  function search(query) {
    var asked = query.trim().replace(/^`|`$/g, ""), typed = /->|\[\]|[(!?]/.test(asked), words = asked.toLowerCase().split(typed ? /\s+/ : /[\s:]+/).filter(Boolean).slice(0, 8);
    if (!words.length) return [];
    var n = index.count, total = new Float64Array(n), seen = new Uint8Array(n), w, i;
    if (typed) {
      // A piece of a signature: `[]T -> i64`. White space does not matter.
      var flat = asked.toLowerCase().replace(/\s+/g, " ");
      scan(index.sig, flat, function (row) { total[row] += 300; seen[row] = 1; });
      if (flat.indexOf("->") === 0 || flat.indexOf(" -> ") > 0) {
        var parts = flat.split("->"), left = parts[0].trim(), right = "-> " + (parts[1] || "").trim();
        // A method's first parameter is its owner, which the signature does not repeat.
        var head = left.split(",")[0].trim(), of = head.indexOf("[]") === 0 ? "array" : head[0] === "?" ? "optional" : head.replace(/[^a-z0-9_].*$/, "");
        scan(index.sig, right, function (row) {
          var sig = index.signatures[row].toLowerCase(), own = index.owner[row];
          var fits = !left || sig.indexOf(left) !== -1 ? 200 : of && sig.indexOf("self") !== -1 && (own === of || own.endsWith("." + of)) ? 160 : 0;
          if (fits) { total[row] += fits; seen[row] = 1; }
        });
      }
      words = [];
      for (i = 0; i < n; i++) if (seen[i]) total[i] += (WEIGHT[index.kinds[i].toLowerCase()] || 0) - index.signatures[i].length / 4;
    }
    for (w = 0; w < words.length; w++) {
      var full = words[w], dot = full.lastIndexOf("."), word = dot > 0 && dot < full.length - 1 ? full.slice(dot + 1) : full.replace(/[.()]+$/g, ""), owner = dot > 0 && dot < full.length - 1 ? full.slice(0, dot) : "";
      if (!word) continue;
      var score = new Float64Array(n), any = false, plural = /[^aeiou]y$/.test(word) ? word.slice(0, -1) + "ies" : "";
      for (i = 0; i < n; i++) {
        var lower = index.lower[i], s = fit(word, lower, index.names[i]), kind = index.kinds[i];
        // A module goes by the last part of its path; a heading may stand in the plural.
        if (s && kind === "m" && lower.endsWith("." + word)) s = 980;
        if (plural && (kind === "h" || kind === "g")) s = Math.max(s, fit(plural, lower, index.names[i]));
        if (owner) { var o = index.owner[i]; s = s && (o === owner || o.endsWith("." + owner)) ? s + 200 : s && o.indexOf(owner) !== -1 ? s + 60 : dot > 0 && lower === full ? 1000 : 0; }
        else if (words.length > 1 && index.owner[i].indexOf(word) !== -1) s = Math.max(s, index.owner[i].endsWith(word) ? 240 : 160);
        if (s) { score[i] = s; any = true; }
      }
      if (!owner) {
        scan(index.sum, word, function (row, at, before) { var edge = at === 0 || before === " " || before === "`"; var s = edge ? 90 : 40; if (score[row] < s) score[row] = s; else score[row] += 1; any = true; });
        scan(index.sig, word, function (row) { if (score[row] < 70) score[row] = 70; any = true; });
        scan(index.body, word, function (row, at, before) { var s = at === 0 || before === " " ? 45 : 20; if (score[row] < s) score[row] = s; });
      }
      if (!any) for (i = 0; i < n; i++) { var m = near(word, index.lower[i]); if (m > score[i]) score[i] = m; }
      for (i = 0; i < n; i++) {
        if (score[i]) { total[i] += score[i]; seen[i]++; }
      }
    }
    // All words, or where nothing has all of them, most of them.
    var hits = [], most = 0;
    if (!typed) for (i = 0; i < n; i++) if (seen[i] > most) most = seen[i];
    for (i = 0; i < n; i++) {
      if (!seen[i] || seen[i] < most || total[i] <= 0) continue;
      var kind = index.kinds[i], small = kind.toLowerCase();
      hits.push({ row: i, score: total[i] + (typed ? 0 : WEIGHT[small] || 0) - (kind !== small ? 120 : 0) + (index.owners[i] && index.owners[i].indexOf(".") < 0 ? 12 : 0) - Math.min(20, index.owner[i].length / 3) });
    }
    hits.sort(function (a, b) { return b.score - a.score || a.row - b.row; });
    return hits.slice(0, 60);
  }
  window.janusFind = function (query) { return search(query).map(function (h) { return { name: index.names[h.row], owner: index.owners[h.row], kind: index.kinds[h.row], href: index.hrefs[h.row], score: h.score }; }); };

  // ---- the palette
  var palette, input, list, live, hits = [], at = 0;
  function element(tag, css, text) { var e = document.createElement(tag); if (css) e.className = css; if (text !== undefined) e.textContent = text; return e; }
  function status(text) { if (live) live.textContent = text; var none = palette && palette.querySelector(".none"); if (none) { none.textContent = text; none.hidden = !text || hits.length > 0; } }

  function buildPalette() {
    palette = element("dialog", "palette");
    palette.setAttribute("aria-label", "Search");
    var ask = element("div", "ask");
    input = element("input");
    input.type = "search";
    input.placeholder = "Search names, types and text";
    input.setAttribute("aria-label", "Search");
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", "hits");
    input.setAttribute("aria-autocomplete", "list");
    input.autocomplete = "off"; input.spellcheck = false;
    var close = element("button"); close.type = "button"; close.setAttribute("aria-label", "Close search"); close.appendChild(element("kbd", "", "Esc"));
    close.addEventListener("click", function () { palette.close(); });
    ask.append(input, close);
    list = element("ul", "hits"); list.id = "hits"; list.setAttribute("role", "listbox"); list.setAttribute("aria-label", "Results");
    live = element("p", "quiet"); live.setAttribute("role", "status");
    var none = element("p", "none"); none.hidden = true;
    var keys = element("div", "keys");
    [["↑ ↓", "choose"], ["Enter", "open"], ["[]T -> i64", "search by type"], ["Map.get", "by owner"]].forEach(function (k) { var s = element("span"); s.append(element("kbd", "", k[0]), " " + k[1]); keys.appendChild(s); });
    palette.append(ask, none, list, keys, live);
    document.body.appendChild(palette);
    input.addEventListener("input", refresh);
    input.addEventListener("keydown", function (e) {
      var n = hits.length;
      if (e.key === "ArrowDown" && n) choose((at + 1) % n);
      else if (e.key === "ArrowUp" && n) choose((at + n - 1) % n);
      else if (e.key === "PageDown" && n) choose(Math.min(n - 1, at + 8));
      else if (e.key === "PageUp" && n) choose(Math.max(0, at - 8));
      else if (e.key === "Home" && n && !input.value) choose(0);
      else if (e.key === "Enter" && n) { go(at, e.ctrlKey || e.metaKey); }
      else return;
      e.preventDefault();
    });
    palette.addEventListener("click", function (e) { if (e.target === palette) palette.close(); });
    palette.addEventListener("close", function () { if (palette.before) palette.before.focus(); });
  }
  function openPalette() {
    if (!palette) buildPalette();
    if (palette.open) return;
    palette.before = document.activeElement;
    palette.showModal();
    input.select(); input.focus();
    if (!index || !index.ready) status("Loading …");
    loadIndex(function () { status(""); refresh(); });
  }
  function mark(text, words) {
    var span = element("span"), lower = text.toLowerCase(), from = 0, best;
    while (from < text.length) {
      best = null;
      words.forEach(function (w) { var i = lower.indexOf(w, from); if (i !== -1 && (!best || i < best[0] || (i === best[0] && w.length > best[1]))) best = [i, w.length]; });
      if (!best) break;
      span.append(text.slice(from, best[0]), element("mark", "", text.slice(best[0], best[0] + best[1])));
      from = best[0] + best[1];
    }
    span.append(text.slice(from));
    return span;
  }
  function refresh() {
    if (!index || !index.ready) return;
    var query = input.value, words = query.toLowerCase().split(/[\s.:]+/).filter(function (w) { return w.length > 0; });
    hits = search(query);
    list.textContent = "";
    hits.forEach(function (hit, i) {
      var r = hit.row, kind = index.kinds[r], small = kind.toLowerCase(), info = KINDS[small] || ["", ""];
      var li = element("li", "hit"); li.id = "hit-" + i; li.setAttribute("role", "option"); li.setAttribute("aria-selected", "false");
      var badge = element("span", "badge " + info[1], info[0]);
      var name = element("span", "name"), owner = index.owners[r];
      if (owner && small !== "h" && small !== "g") name.appendChild(element("span", "owner", owner + "."));
      name.appendChild(mark(index.names[r], words));
      if (owner && small === "h") name.appendChild(element("span", "owner", "  in " + owner));
      if (kind !== small) name.append(" ", element("span", "old", "deprecated"));
      var more = element("span", "more"), sig = index.signatures[r];
      if (index.summaries[r]) more.appendChild(mark(index.summaries[r], words));
      else if (sig) more.appendChild(element("code", "", sig));
      li.append(badge, name, more);
      li.addEventListener("mousemove", function () { if (at !== i) choose(i, true); });
      li.addEventListener("click", function (e) { go(i, e.ctrlKey || e.metaKey); });
      list.appendChild(li);
    });
    input.setAttribute("aria-expanded", hits.length ? "true" : "false");
    status(!query.trim() ? "" : hits.length ? hits.length + (hits.length === 1 ? " result" : " results") : "Nothing found for “" + query.trim() + "”.");
    if (hits.length) choose(0); else input.removeAttribute("aria-activedescendant");
  }
  function choose(i, quiet) {
    var old = list.children[at]; if (old) old.setAttribute("aria-selected", "false");
    at = i;
    var now = list.children[i]; if (!now) return;
    now.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", now.id);
    if (!quiet) now.scrollIntoView({ block: "nearest" });
  }
  function go(i, tab) {
    var href = index.hrefs[hits[i].row];
    if (tab) { window.open(href, "_blank", "noopener"); return; }
    palette.before = null;
    palette.close();
    location.href = href;
  }

  // ---- the page
  document.addEventListener("DOMContentLoaded", function () {
    var theme = document.querySelector(".theme"), find = document.querySelector(".find"), menu = document.querySelector(".menu");
    [theme, find, menu].forEach(function (b) { if (b) b.hidden = false; });
    theme.addEventListener("click", function () {
      var dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      store.set("janus-theme", root.dataset.theme);
    });
    find.addEventListener("click", openPalette);
    find.addEventListener("pointerenter", function () { loadIndex(function () {}); }, { once: true });
    menu.addEventListener("click", function () { menu.setAttribute("aria-expanded", String(root.classList.toggle("menu-open"))); });
    document.addEventListener("keydown", function (e) {
      if (e.key === "Escape" && root.classList.contains("menu-open")) { root.classList.remove("menu-open"); menu.setAttribute("aria-expanded", "false"); menu.focus(); return; }
      // Right after Escape the focus may still be in the palette that has closed: nobody types there.
      var typing = (/^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) || e.target.isContentEditable) && !e.target.closest("dialog:not([open])");
      if ((e.key === "k" || e.key === "K") && (e.ctrlKey || e.metaKey)) { e.preventDefault(); openPalette(); return; }
      if (typing || e.ctrlKey || e.metaKey || e.altKey) return;
      if (e.key === "/" || e.key === "s") { e.preventDefault(); openPalette(); }
    });

    var current = document.querySelector('.tree a[aria-current]'), tree = document.querySelector(".tree");
    if (current && tree && current.offsetTop > tree.clientHeight - 80) tree.scrollTop = current.offsetTop - tree.clientHeight / 2;

    document.querySelectorAll(".code").forEach(function (figure) {
      var button = element("button", "copy"), word = element("span", "", "Copy");
      button.type = "button";
      button.innerHTML = '<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.4"><rect x="5.2" y="5.2" width="8" height="8.6" rx="1.6"/><path d="M3.6 10.6H3A1.5 1.5 0 0 1 1.5 9V3.5A1.5 1.5 0 0 1 3 2h5.5A1.5 1.5 0 0 1 10 3.4"/></svg>';
      button.appendChild(word);
      button.addEventListener("click", function () {
        var text = figure.querySelector("code").textContent + "\n";
        var done = function () { word.textContent = "Copied"; button.classList.add("done"); setTimeout(function () { word.textContent = "Copy"; button.classList.remove("done"); }, 1400); };
        if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(text).then(done, function () {});
        else { var range = document.createRange(); range.selectNodeContents(figure.querySelector("code")); var s = getSelection(); s.removeAllRanges(); s.addRange(range); try { document.execCommand("copy"); done(); } catch (e) { /* the text is selected */ } }
      });
      figure.appendChild(button);
    });

    // The entry of "On this page" that is being read.
    var marks = Array.prototype.slice.call(document.querySelectorAll(".toc a")), places = marks.map(function (a) { return document.getElementById(decodeURIComponent(a.getAttribute("href").slice(1))); }), last = null, asked = false;
    function follow() {
      asked = false;
      var found = -1;
      for (var i = 0; i < places.length; i++) { if (!places[i]) continue; if (places[i].getBoundingClientRect().top < 120) found = i; else break; }
      var link = marks[Math.max(0, found)];
      if (link === last) return;
      if (last) last.classList.remove("here");
      last = link;
      if (link) { link.classList.add("here"); var box = link.closest(".toc"); if (box.scrollHeight > box.clientHeight) { var y = link.offsetTop; if (y < box.scrollTop + 40 || y > box.scrollTop + box.clientHeight - 60) box.scrollTop = y - box.clientHeight / 2; } }
    }
    if (marks.length) { document.addEventListener("scroll", function () { if (!asked) { asked = true; requestAnimationFrame(follow); } }, { passive: true }); follow(); }

    if (script && script.dataset.reload) {
      var source = new EventSource("/__janus_reload");
      source.onmessage = function () { location.reload(); };
    }
  });
})();
