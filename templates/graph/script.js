
"use strict";
(() => {
  // The most matches that are opened at once: what a person looks through, and a browser draws at once.
  const MOST_OPENED = 3000;
  const APPS = new Set(["app", "application"]);
  const fleet = JSON.parse(document.getElementById("data").textContent);
  const by = id => document.getElementById(id);
  const tree = by("tree"), details = by("details");
  const make = (tag, name, text) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const many = (n, what) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;

  // Each vertex gets its parent, its address, what is below it, and the text that is searched.
  const all = [];
  const prepare = (root) => {
    const stack = [[root, null, 1]];
    while (stack.length) {
      const [v, parent, level] = stack.pop();
      v.children = v.children || [];
      v.parent = parent;
      v.level = level;
      v.onCluster = v.kind === "cluster" ? v.name : parent ? parent.onCluster : undefined;
      v.inLayer = v.kind === "layer" ? v.name : parent ? parent.inLayer : undefined;
      v.text = [v.name, v.namespace, v.cluster, ...(v.sources || []), v.held]
        .filter(Boolean).join("\n").toLowerCase();
      all.push(v);
      const seen = new Map();
      v.children.forEach((child, at) => {
        const plain = `${child.kind}:${encodeURIComponent(child.name)}`;
        const times = (seen.get(plain) || 0) + 1;
        seen.set(plain, times);
        child.address = (parent ? v.address + "/" : "") + plain + (times > 1 ? `~${times}` : "");
        child.at = at;
      });
      for (let i = v.children.length - 1; i >= 0; i--) stack.push([v.children[i], v, level + 1]);
    }
    root.address = "fleet";
    for (let i = all.length - 1; i >= 0; i--) {
      const v = all[i];
      v.apps = APPS.has(v.kind) ? 1 : 0;
      v.total = v.held ? 0 : v.objects || 0;
      v.heldBelow = v.held ? 1 : 0;
      for (const child of v.children) {
        v.apps += child.apps;
        v.total += child.total;
        v.heldBelow += child.heldBelow;
      }
    }
  };
  prepare(fleet);
  const addresses = new Map(all.map(v => [v.address, v]));

  // What is shown: with no filter all of it, otherwise what matches, with all that leads there.
  let words = [], shown = null, matches = [], match = -1, chosen = null, open = new Set([fleet]);
  const visible = v => shown === null || shown.has(v);

  const marked = (text, name) => {
    const element = make("span", name);
    const lower = text.toLowerCase();
    // A few letters change their length when lowered; such a text is shown without marks.
    const spans = [];
    if (lower.length === text.length) {
      for (const word of words) {
        for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length)) {
          spans.push([at, at + word.length]);
        }
      }
    }
    spans.sort((a, b) => a[0] - b[0]);
    let from = 0;
    for (const [start, end] of spans) {
      if (end <= from) continue;
      element.append(text.slice(from, Math.max(from, start)), make("mark", "", text.slice(Math.max(from, start), end)));
      from = end;
    }
    element.append(text.slice(from));
    return element;
  };

  const row = v => {
    const row = make("div", "row");
    row.append(make("span", "twist"), make("span", `kind ${v.kind}`, v.kind.replace("-", "")), marked(v.name, "name"));
    if (v.cluster && v.cluster !== v.onCluster && v.kind !== "root") row.append(marked(`→ ${v.cluster}`, "fact"));
    const facts = [];
    if (APPS.has(v.kind) || v.kind === "root" || v.kind === "application-set") {
      if (v.objects !== undefined && !v.held) facts.push(many(v.objects, "object"));
      if (v.wave) facts.push(`wave ${v.wave}`);
    } else {
      facts.push(many(v.apps, "app"), many(v.total, "object"));
    }
    if (facts.length) row.append(make("span", "fact", facts.join(" · ")));
    if (v.namespace) row.append(marked(v.namespace, "fact"));
    if (v.held) {
      row.append(make("span", "tag", "held"), marked(v.held, "why"));
    } else if (v.heldBelow) {
      row.append(make("span", "tag", `${v.heldBelow} held`));
    }
    const link = make("a", "link", "#");
    link.href = `#${v.address}`;
    link.tabIndex = -1;
    link.title = "Link to this row";
    link.setAttribute("aria-label", `Link to ${v.name}`);
    row.append(link);
    return row;
  };

  const draw = v => {
    const item = make("div", "item");
    item.setAttribute("role", "treeitem");
    item.setAttribute("aria-level", v.level);
    const beside = v.parent ? v.parent.children.filter(visible) : [v];
    item.setAttribute("aria-setsize", beside.length);
    item.setAttribute("aria-posinset", beside.indexOf(v) + 1);
    item.setAttribute("aria-selected", v === chosen);
    item.tabIndex = v === chosen ? 0 : -1;
    item.vertex = v;
    v.item = item;
    item.append(row(v));
    if (v.children.some(visible)) {
      item.setAttribute("aria-expanded", open.has(v));
      if (open.has(v)) group(v);
    }
    if (matches[match] === v) item.classList.add("here");
    return item;
  };

  // The rows below a row are made when it is opened for the first time.
  const group = v => {
    const group = make("div");
    group.setAttribute("role", "group");
    for (const child of v.children) if (visible(child)) group.append(draw(child));
    v.item.append(group);
  };

  const redraw = () => {
    for (const v of all) v.item = undefined;
    tree.textContent = "";
    if (shown !== null && !shown.size) {
      tree.append(make("p", "empty", "Nothing matches."));
      return;
    }
    tree.append(draw(fleet));
    if (!chosen || !chosen.item) fleet.item.tabIndex = 0;
  };

  const set = (v, wanted) => {
    if (!v.item || !v.item.hasAttribute("aria-expanded") || open.has(v) === wanted) return;
    if (wanted) open.add(v); else open.delete(v);
    v.item.setAttribute("aria-expanded", wanted);
    const inner = v.item.querySelector(":scope > [role=group]");
    if (wanted && !inner) group(v);
    else if (inner) inner.hidden = !wanted;
  };

  const reveal = v => {
    const above = [];
    for (let up = v.parent; up; up = up.parent) above.unshift(up);
    for (const up of above) set(up, true);
  };

  const choose = (v, { focus = true, address = true } = {}) => {
    reveal(v);
    if (!v.item) return;
    for (const old of tree.querySelectorAll("[tabindex='0'], [aria-selected='true']")) {
      old.tabIndex = -1;
      old.setAttribute("aria-selected", false);
    }
    chosen = v;
    v.item.setAttribute("aria-selected", true);
    v.item.tabIndex = 0;
    if (focus) v.item.focus({ preventScroll: true });
    v.item.firstChild.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (address) history.replaceState(null, "", `#${v.address}`);
    tell(v);
  };

  const tell = v => {
    details.textContent = "";
    details.append(make("h2", "", v.name));
    const path = make("p", "path", v.kind.replace("-", ""));
    const above = [];
    for (let up = v.parent; up; up = up.parent) above.unshift(up);
    if (above.length) path.append(" in ");
    above.forEach((up, at) => {
      const link = make("a", "", up.name);
      link.href = `#${up.address}`;
      path.append(at ? " / " : "", link);
    });
    details.append(path);
    if (v.held) details.append(make("p", "reason", `held: ${v.held}`));
    const list = make("dl");
    const fact = (name, ...values) => {
      const dd = make("dd");
      values.forEach((value, at) => dd.append(at ? make("br") : "", value));
      list.append(make("dt", "", name), dd);
    };
    if (v.cluster) fact("cluster", v.cluster);
    if (v.namespace) fact("namespace", v.namespace);
    if (v.objects !== undefined) fact("objects", v.held ? "as they were last written" : v.objects.toLocaleString("en"));
    if (v.wave !== undefined) fact("wave", String(v.wave));
    if (v.sources && v.sources.length) fact("sources", ...v.sources);
    const apps = v.apps - (APPS.has(v.kind) ? 1 : 0);
    if (apps) fact("apps below", apps.toLocaleString("en"));
    if (apps) fact("objects below", (v.total - (v.held ? 0 : v.objects || 0)).toLocaleString("en"));
    const held = v.heldBelow - (v.held ? 1 : 0);
    if (held) fact("held below", held.toLocaleString("en"));
    details.append(list);
    if (v.parameters !== undefined) {
      details.append(make("p", "path", "made of these parameters"), make("pre", "", JSON.stringify(v.parameters, null, 2)));
    }
  };

  // Search and filters.
  const apply = () => {
    words = by("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const cluster = by("cluster").value, layer = by("layer").value, held = by("held").checked;
    matches = [];
    match = -1;
    if (!words.length && !cluster && !layer && !held) {
      shown = null;
      by("count").textContent = "";
    } else {
      shown = new Set();
      const asked = words.length > 0 || held;
      const passes = v =>
        (!cluster || v.onCluster === cluster) && (!layer || v.inLayer === layer) && (!held || v.held) &&
        words.every(word => v.text.includes(word));
      for (const v of all) {
        if (!passes(v)) continue;
        matches.push(v);
        for (let up = v; up && !shown.has(up); up = up.parent) shown.add(up);
      }
      // What a match made belongs to it. Whatever made something comes before it.
      const below = new Set(words.length && !held ? matches : []);
      for (const v of all) {
        if (!v.parent || !below.has(v.parent)) continue;
        below.add(v);
        shown.add(v);
      }
      open = new Set([fleet]);
      if (asked) {
        for (const v of matches.slice(0, MOST_OPENED)) for (let up = v.parent; up; up = up.parent) open.add(up);
      } else {
        for (const v of all) if (v.kind === "cluster") open.add(v);
      }
      const on = new Set(matches.map(v => v.onCluster).filter(Boolean));
      const what = held && !words.length ? "held" : matches.length === 1 ? "match" : "matches";
      by("count").textContent = !asked ? "" : matches.length === 0 ? "no match" :
        `${matches.length.toLocaleString("en")} ${what}` +
        (on.size ? ` on ${many(on.size, "cluster")}` : "") +
        (matches.length > MOST_OPENED ? `, ${MOST_OPENED.toLocaleString("en")} opened` : "");
      if (!asked) matches = [];
    }
    by("previous").disabled = by("next").disabled = matches.length === 0;
    redraw();
    if (matches.length) { match = 0; here(false); }
  };

  const here = focus => {
    for (const old of tree.querySelectorAll(".here")) old.classList.remove("here");
    const v = matches[match];
    choose(v, { focus, address: focus });
    if (v.item) v.item.classList.add("here");
  };
  const step = ahead => {
    if (!matches.length) return;
    match = (match + ahead + matches.length) % matches.length;
    here(false);
  };

  const rows = () => [...tree.querySelectorAll("[role=treeitem]")].filter(item => !item.closest("[role=group][hidden]"));

  tree.addEventListener("click", event => {
    const item = event.target.closest("[role=treeitem]");
    if (!item || event.target.closest("a")) return;
    const v = item.vertex;
    if (event.target.closest(".twist")) set(v, !open.has(v));
    choose(v);
  });
  tree.addEventListener("dblclick", event => {
    const item = event.target.closest("[role=treeitem]");
    if (item && !event.target.closest("a, .twist")) set(item.vertex, !open.has(item.vertex));
  });
  tree.addEventListener("keydown", event => {
    const item = event.target.closest("[role=treeitem]");
    if (!item || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("a")) return;
    const v = item.vertex;
    let to = null;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const list = rows();
      to = list[list.indexOf(item) + (event.key === "ArrowDown" ? 1 : -1)];
    } else if (event.key === "Home" || event.key === "End") {
      to = rows().at(event.key === "Home" ? 0 : -1);
    } else if (event.key === "ArrowRight") {
      if (!open.has(v)) set(v, true);
      else to = item.querySelector("[role=treeitem]");
    } else if (event.key === "ArrowLeft") {
      if (open.has(v) && item.hasAttribute("aria-expanded")) set(v, false);
      else if (v.parent) to = v.parent.item;
    } else if (event.key === "*") {
      for (const beside of v.parent ? v.parent.children : [v]) set(beside, true);
    } else if (event.key === "Enter" || event.key === " ") {
      set(v, !open.has(v));
    } else {
      return;
    }
    event.preventDefault();
    if (to) choose(to.vertex);
  });
  document.addEventListener("keydown", event => {
    const typing = event.target.closest("input, select");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      by("search").focus();
      by("search").select();
    } else if (event.key === "Escape" && by("search").value) {
      by("search").value = "";
      apply();
    }
  });
  let waiting = 0;
  by("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); });
  by("search").addEventListener("keydown", event => {
    if (event.key === "Enter") { event.preventDefault(); step(event.shiftKey ? -1 : 1); }
    else if (event.key === "ArrowDown" && chosen && chosen.item) { event.preventDefault(); chosen.item.focus(); }
  });
  by("previous").addEventListener("click", () => step(-1));
  by("next").addEventListener("click", () => step(1));
  for (const id of ["cluster", "layer", "held"]) by(id).addEventListener("change", apply);
  by("open").addEventListener("click", () => { open = new Set(all); redraw(); });
  by("close").addEventListener("click", () => { open = new Set([fleet]); redraw(); });

  const go = () => {
    const v = addresses.get(location.hash.slice(1));
    if (!v) return;
    if (!visible(v)) {
      by("search").value = by("cluster").value = by("layer").value = "";
      by("held").checked = false;
      apply();
    }
    choose(v, { address: false });
    v.item.firstChild.scrollIntoView({ block: "center" });
  };
  window.addEventListener("hashchange", go);

  // The head of the page.
  const clusters = all.filter(v => v.kind === "cluster").map(v => v.name);
  const layers = [...new Set(all.filter(v => v.kind === "layer").map(v => v.name))].sort();
  for (const [id, names] of [["cluster", clusters], ["layer", layers]]) {
    for (const name of names) {
      const option = make("option", "", name);
      option.value = name;
      by(id).append(option);
    }
    by(id).disabled = names.length === 0;
  }
  by("held").disabled = fleet.heldBelow === 0;
  const summary = by("summary");
  [[clusters.length, "cluster"], [fleet.apps, "app"], [fleet.total, "object"]].forEach(([n, what], at) => {
    summary.append(at ? ", " : "", make("b", "", n.toLocaleString("en")), ` ${what}${n === 1 ? "" : "s"}`);
  });
  if (fleet.heldBelow) summary.append(", ", make("span", "held-count", `${fleet.heldBelow.toLocaleString("en")} held`));

  // A small fleet is opened down to its apps.
  if (all.length <= 60) open = new Set(all);
  redraw();
  go();
})();
