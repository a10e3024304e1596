// janus.js: theme, menu, copying, the place in "On this page" and the keys of a page of `janus doc`.
// Depends on nothing; without it everything is readable. The search is janus-search.js.
// SPDX-License-Identifier: Apache-2.0
(function () {
  "use strict";
  const root = document.documentElement, script = document.currentScript;
  root.classList.add("js");

  // What both scripts use. `store` answers null where a browser keeps nothing (private windows, some file:// pages).
  const janus = (window.janus = {
    element(tag, css, text) {
      const made = document.createElement(tag);
      if (css) made.className = css;
      if (text !== undefined) made.textContent = text;
      return made;
    },
    addDialog,
    openSearch: null,   // set by janus-search.js
    wantSearch: null,
  });
  const element = janus.element;
  const store = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, value); } catch { /* then it lasts as long as the page */ } },
  };

  // A window above the page, made once and then opened by show(). showModal() would tell every element of the page that
  // it cannot be reached, which takes a large page more than a second, twice: so the page lies under a shade (its style
  // shows it behind an open window), and the keys stay in the window.
  function addDialog(dialog) {
    const shade = element("div", "shade");
    shade.addEventListener("click", () => dialog.close());
    document.addEventListener("keydown", (e) => {
      if (!dialog.open) return;
      if (e.key === "Escape") dialog.close();
      else if (e.key === "Tab") {
        const stops = [...dialog.querySelectorAll("input, button")], at = stops.indexOf(document.activeElement);
        stops[(at + (e.shiftKey ? stops.length - (at < 0 ? 0 : 1) : 1)) % stops.length].focus();
      } else return;
      e.preventDefault();
      e.stopPropagation();
    }, true);
    dialog.setAttribute("aria-modal", "true");
    dialog.tabIndex = -1;   // a click into it keeps the focus there
    document.body.append(dialog, shade);
  }

  // ---- theme: the system's, until a reader chooses; set before the page is painted
  const chosen = store.get("janus-theme");
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  function switchTheme() {
    const now = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
    store.set("janus-theme", root.dataset.theme);
  }

  // ---- the menu of narrow screens
  function setMenu(open) {
    const menu = document.querySelector(".menu");
    root.classList.toggle("menu-open", open);
    menu.setAttribute("aria-expanded", String(open));
    if (!open) menu.focus();
  }

  // ---- keys
  const KEYS = [
    [["/", "s"], "search"], [["t"], "light or dark"], [["n", "p"], "next page, page before"], [["?"], "these keys"],
    [["Esc"], "close"],
  ];
  let help = null, beforeHelp = null;
  function openHelp() {
    if (!help) {
      help = element("dialog", "help");
      help.setAttribute("aria-labelledby", "help-title");
      const title = element("h2", "", "Keys"), list = element("dl");
      title.id = "help-title";
      for (const [keys, what] of KEYS) {
        const row = element("div"), dt = element("dt");
        for (const key of keys) dt.append(element("kbd", "", key), " ");
        row.append(dt, element("dd", "", what));
        list.append(row);
      }
      const close = element("button", "", "Close");
      close.type = "button";
      close.addEventListener("click", () => help.close());
      help.addEventListener("close", () => beforeHelp.focus());
      help.append(title, list, close);
      addDialog(help);
    }
    if (help.open) return;
    beforeHelp = document.activeElement;
    help.show();
    help.querySelector("button").focus();
  }
  function follow(selector) {
    const link = document.querySelector(selector);
    if (link) link.click();
  }
  const ACTIONS = {
    "/": () => janus.openSearch && janus.openSearch(),
    s: () => janus.openSearch && janus.openSearch(),
    t: switchTheme,
    n: () => follow(".turn .after"),
    p: () => follow(".turn .before"),
    "?": openHelp,
  };
  function onKey(e) {
    if (e.key === "Escape" && root.classList.contains("menu-open")) return setMenu(false);
    if ((e.key === "k" || e.key === "K") && (e.ctrlKey || e.metaKey) && janus.openSearch) {
      e.preventDefault();
      return janus.openSearch();
    }
    // Right after Escape the focus may still be in a dialog that has closed: nobody types there.
    const field = /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) || e.target.isContentEditable;
    const typing = field && !e.target.closest("dialog:not([open])");
    if (typing || e.ctrlKey || e.metaKey || e.altKey || !Object.hasOwn(ACTIONS, e.key)) return;
    e.preventDefault();
    ACTIONS[e.key]();
  }

  // ---- copying
  const COPY_ICON =
    '<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" fill="none" stroke="currentColor"' +
    ' stroke-width="1.4"><rect x="5.2" y="5.2" width="8" height="8.6" rx="1.6"/>' +
    '<path d="M3.6 10.6H3A1.5 1.5 0 0 1 1.5 9V3.5A1.5 1.5 0 0 1 3 2h5.5A1.5 1.5 0 0 1 10 3.4"/></svg>';
  function selectAll(node) {
    const range = document.createRange(), selection = getSelection();
    range.selectNodeContents(node);
    selection.removeAllRanges();
    selection.addRange(range);
  }
  function addCopyButton(figure) {
    const button = element("button", "copy"), word = element("span", "", "Copy"), code = figure.querySelector("code");
    button.type = "button";
    button.innerHTML = COPY_ICON;
    button.append(word);
    const done = () => {
      word.textContent = "Copied";
      button.classList.add("done");
      setTimeout(() => { word.textContent = "Copy"; button.classList.remove("done"); }, 1400);
    };
    button.addEventListener("click", () => {
      if (navigator.clipboard && window.isSecureContext)
        return navigator.clipboard.writeText(code.textContent + "\n").then(done, () => selectAll(code));
      selectAll(code);
      try { if (document.execCommand("copy")) done(); } catch { /* the text is selected, for Ctrl-C */ }
    });
    figure.append(button);
  }
  // A page may have thousands of code blocks: each has its button when it comes near.
  function watchCode() {
    const near = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        near.unobserve(entry.target);
        addCopyButton(entry.target);
      }
    }, { rootMargin: "600px" });
    for (const figure of document.querySelectorAll(".code")) near.observe(figure);
  }

  // ---- the entry of "On this page" that is being read
  function watchPlace() {
    const links = [...document.querySelectorAll(".toc a")];
    if (!links.length) return;
    const places = links.map((a) => document.getElementById(decodeURIComponent(a.getAttribute("href").slice(1))));
    let here = null, asked = false;
    function update() {
      asked = false;
      // Entries stand in the order of the page: only a few of very many are asked where they are.
      let lo = 0, hi = places.length - 1;
      while (lo < hi) {
        const mid = (lo + hi + 1) >> 1;
        if (places[mid] && places[mid].getBoundingClientRect().top < 120) lo = mid; else hi = mid - 1;
      }
      if (links[lo] === here) return;
      if (here) here.classList.remove("here");
      here = links[lo];
      here.classList.add("here");
      const box = here.closest(".toc"), y = here.offsetTop;
      if (y < box.scrollTop + 40 || y > box.scrollTop + box.clientHeight - 60)
        box.scrollTop = y - box.clientHeight / 2;
    }
    const soon = () => { if (!asked) { asked = true; requestAnimationFrame(update); } };
    document.addEventListener("scroll", soon, { passive: true });
    soon();
  }

  function showCurrent() {
    const current = document.querySelector(".tree a[aria-current]"), tree = document.querySelector(".tree");
    if (!current) return;
    const y = current.getBoundingClientRect().top - tree.getBoundingClientRect().top + tree.scrollTop;
    if (y > tree.clientHeight - 80) tree.scrollTop = y - tree.clientHeight / 2;
  }

  document.addEventListener("DOMContentLoaded", () => {
    const [find, menu, theme] = [".find", ".menu", ".theme"].map((css) => document.querySelector(css));
    for (const button of [find, menu, theme]) button.hidden = false;
    theme.addEventListener("click", switchTheme);
    find.addEventListener("click", () => janus.openSearch && janus.openSearch());
    find.addEventListener("pointerenter", () => janus.wantSearch && janus.wantSearch(), { once: true });
    menu.addEventListener("click", () => setMenu(!root.classList.contains("menu-open")));
    document.addEventListener("keydown", onKey);
    // With the first frame, when the page is laid out anyway: asking earlier would lay it out once more.
    requestAnimationFrame(showCurrent);
    watchCode();
    watchPlace();
    if (script && script.dataset.reload) new EventSource("/__janus_reload").onmessage = () => location.reload();
  });
})();
