"use strict";
// Filters, moves and copies; everything it works on is already in the markup, and nothing is fetched or stored but the theme.
(() => {
  const root = document.documentElement;
  root.classList.add("on");
  const THEMES = ["system", "light", "dark"];
  const remembered = () => { try { return localStorage.getItem("untag-theme"); } catch { return null; } };
  const paint = (theme) => {
    if (theme === "system") delete root.dataset.theme; else root.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (button) button.textContent = "Theme: " + theme;
  };
  let theme = THEMES.includes(remembered()) ? remembered() : "system";
  paint(theme);

  document.addEventListener("DOMContentLoaded", () => {
    paint(theme);
    document.getElementById("theme").addEventListener("click", () => {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
      try { localStorage.setItem("untag-theme", theme); } catch { /* a page from disk may not store */ }
      paint(theme);
    });
    document.getElementById("print").addEventListener("click", () => window.print());

    const form = document.getElementById("filters");
    const rows = [...document.querySelectorAll(".finding")].map((node) => ({ node, text: null, shown: true }));
    const facets = form ? [...form.querySelectorAll("fieldset")].map((set) => {
      const name = set.dataset.facet;
      const boxes = [...set.querySelectorAll("input")].map((box) => ({ box, label: box.parentNode, n: box.parentNode.querySelector(".n") }));
      return { name, boxes };
    }) : [];
    for (const row of rows) {
      row.path = row.node.dataset.path;
      row.facts = facets.map(({ name }) => (row.node.dataset[name] || "").split(" "));
    }
    if (typeof Intl.DisplayNames === "function") {
      const names = new Intl.DisplayNames(["en"], { type: "language", fallback: "none" });
      for (const { box } of (facets.find((facet) => facet.name === "language") || { boxes: [] }).boxes) {
        if (box.value === "code") { box.nextElementSibling.textContent = "names in code"; continue; }
        try { box.nextElementSibling.textContent = names.of(box.value) || box.value; } catch { /* no such tag */ }
      }
    }

    // On a narrow screen the filters come before the findings: folded, so that they do not push them away.
    if (form && matchMedia("(max-width: 56rem)").matches) document.getElementById("facets").open = false;

    const query = document.getElementById("q");
    const status = document.getElementById("status");
    const none = document.getElementById("none");
    const rest = document.getElementById("rest");
    const where = document.getElementById("path");
    const groups = [...document.querySelectorAll(".group")].map((node) => ({
      node, n: node.querySelector("h3 .n"), rows: rows.filter((row) => node.contains(row.node)),
    }));
    let path = "";

    const number = new Intl.NumberFormat("en");
    function apply() {
      const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = facets.map(({ boxes }) => new Set(boxes.filter(({ box }) => box.checked).map(({ box }) => box.value)));
      const counts = facets.map(() => new Map());
      let visible = 0;
      for (const row of rows) {
        let fits = !path || row.path === path || row.path.startsWith(path + "/");
        if (fits && words.length) {
          row.text ??= row.node.textContent.toLowerCase();
          fits = words.every((word) => row.text.includes(word));
        }
        let failed = -1, failures = 0;
        if (fits) {
          for (let at = 0; at < facets.length; at++) {
            if (wanted[at].size && !row.facts[at].some((fact) => wanted[at].has(fact))) { failed = at; failures++; }
          }
          // A value's count says what choosing it would bring: all other filters hold, its own does not.
          if (failures < 2) {
            for (let at = 0; at < facets.length; at++) {
              if (failures === 0 || failed === at) {
                for (const fact of row.facts[at]) counts[at].set(fact, (counts[at].get(fact) || 0) + 1);
              }
            }
          }
        }
        const shown = fits && failures === 0;
        if (shown) visible++;
        if (shown !== row.shown) { row.node.hidden = !shown; row.shown = shown; }
      }
      facets.forEach(({ boxes }, at) => {
        for (const { box, label, n } of boxes) {
          const count = counts[at].get(box.value) || 0;
          n.textContent = number.format(count);
          label.classList.toggle("empty", count === 0);
        }
      });
      for (const group of groups) {
        const count = group.rows.reduce((sum, row) => sum + row.shown, 0);
        group.node.hidden = count === 0;
        group.n.textContent = number.format(count);
        if (group.node === rest && count) rest.open = rest.open || count === visible || words.length > 0 || path !== "" || chose();
      }
      none.hidden = visible > 0;
      where.hidden = !path;
      for (const link of document.querySelectorAll(".node")) {
        if (link.dataset.path === path && path) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
      }
      status.textContent = "Showing " + number.format(visible) + " of " + number.format(rows.length) + " findings";
    }
    const chose = () => !!form.querySelector("[name=status]:checked:not([value=shown])");

    function only(link) {
      path = link ? link.dataset.path : "";
      where.querySelector("bdi").textContent = link ? link.textContent : "";
      apply();
    }

    if (form) {
      let timer = 0;
      query.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(apply, 60); });
      form.addEventListener("change", apply);
      form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
      form.addEventListener("reset", (event) => {
        event.preventDefault();
        for (const { boxes } of facets) for (const { box } of boxes) box.checked = false;
        query.value = "";
        if (rest) rest.open = true;
        only(null);
      });
      where.querySelector("button").addEventListener("click", () => only(null));
      document.addEventListener("click", (event) => {
        const link = event.target.closest(".node");
        if (!link) return;
        event.preventDefault();
        only(link.dataset.path === path ? null : link);
        document.getElementById("findings").scrollIntoView();
      });
      apply();
      const aim = () => {
        const row = rows.find(({ node }) => "#" + node.id === location.hash);
        if (!row) return;
        if (!row.shown) form.reset();
        if (rest && rest.contains(row.node)) rest.open = true;
        row.node.scrollIntoView();
        row.node.focus({ preventScroll: true });
      };
      window.addEventListener("hashchange", aim);
      aim();
    }

    const list = () => rows.filter((row) => row.shown && (!rest || rest.open || !rest.contains(row.node))).map((row) => row.node);
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target;
      if (event.key === "Escape" && form) {
        if (target === query) { query.value = ""; apply(); query.blur(); } else if (path) only(null);
        return;
      }
      if (target.matches("input[type=search], textarea, select")) return;
      if (event.key === "/" && form) { event.preventDefault(); query.focus(); query.select(); return; }
      if (event.key === "j" || event.key === "k") {
        const nodes = list();
        const at = nodes.indexOf(target.closest(".finding"));
        const next = nodes[at < 0 ? 0 : Math.min(nodes.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)))];
        if (next) { event.preventDefault(); next.focus({ preventScroll: true }); next.scrollIntoView({ block: "start" }); }
      }
      if (event.key === "Enter" && target.matches(".finding")) {
        const parts = [...target.querySelectorAll("details")];
        const open = !parts.every((part) => part.open);
        for (const part of parts) part.open = open;
      }
    });

    for (const box of document.querySelectorAll(".cmd")) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Copy";
      box.append(button);
    }
    document.addEventListener("click", async (event) => {
      const button = event.target.closest(".cmd button");
      if (!button) return;
      const code = button.previousElementSibling;
      let done = false;
      try { await navigator.clipboard.writeText(code.textContent); done = true; } catch {
        getSelection().selectAllChildren(code);
        try { done = document.execCommand("copy"); } catch { /* it stays selected, to be copied by hand */ }
      }
      button.textContent = done ? "Copied" : "Selected";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });

    // On paper nothing can be opened: all is, and what is hidden or accepted is there too unless somebody chose otherwise.
    let closed = [];
    window.addEventListener("beforeprint", () => {
      if (form && !path && !query.value && facets.every(({ boxes }) => boxes.every(({ box }) => box.checked === box.defaultChecked))) {
        for (const row of rows) row.node.hidden = false;
        for (const group of groups) { group.node.hidden = false; group.n.textContent = number.format(group.rows.length); }
        status.textContent = "All " + number.format(rows.length) + " findings";
      }
      closed = [...document.querySelectorAll("details:not([open])")];
      for (const part of closed) part.open = true;
    });
    window.addEventListener("afterprint", () => { for (const part of closed) part.open = false; closed = []; for (const row of rows) row.node.hidden = !row.shown; if (form) apply(); });
  });
})();
