"use strict";
// Shows the data of the page. Everything goes in as text, nothing as HTML.
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "class") element.className = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}
const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
const unit = data.sides ? "pair" : "cluster";

const ROWS = 200;   // objects of a group that are shown at first, and then at a time
const GROUPS = 100; // groups, likewise
const OPEN = 30;    // with no more objects than these, all are open at first

const KINDS = ["changed", "added", "removed", "renamed", "moved"];
const state = { text: "", cluster: null, app: null, kinds: new Set(KINDS), noise: data.all, open: null, groups: GROUPS };

// What is searched, of each object; made when first needed.
function haystack(object, group) {
  if (object.hay === undefined) {
    const parts = [object.name, object.from || "", group.app, object.source, ...object.notices];
    for (const [path, , lines] of object.fields) parts.push(path, ...lines.map((line) => line.slice(1)));
    if (object.manifest) parts.push(...object.manifest);
    object.hay = parts.join("\n").toLowerCase();
  }
  return object.hay;
}
const fieldsOf = (object) => object.fields.filter((field) => state.noise || field[1] === null);
const words = () => state.text.toLowerCase().split(/\s+/).filter(Boolean);

// `but` names a filter that is left out: lists count what choosing another of them would show.
function visible(group, but) {
  if (but !== "cluster" && state.cluster !== null && !group.clusters.includes(state.cluster)) return [];
  if (but !== "app" && state.app !== null && group.app !== state.app) return [];
  const wanted = words();
  return group.objects.filter((object) =>
    (state.noise || !object.noise) && state.kinds.has(object.change) &&
    wanted.every((word) => haystack(object, group).includes(word)));
}
// An app that comes or goes without objects is shown where nothing else is asked for.
const bare = (group) => (group.objects.length === 0 || group.about) && state.text === "" &&
  (state.cluster === null || group.clusters.includes(state.cluster)) && (state.app === null || group.app === state.app);

function highlighted(text) {
  const wanted = words();
  if (wanted.length === 0 || text.length > 20000) return [text];
  const pattern = new RegExp(wanted.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"), "gi");
  const out = [];
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    out.push(text.slice(last, match.index), make("mark", {}, match[0]));
    last = match.index + match[0].length;
  }
  out.push(text.slice(last));
  return out;
}

function block(lines) {
  const pre = make("pre", {});
  for (const line of lines) {
    const sign = line[0];
    const kind = sign === "+" ? "add" : sign === "-" ? "del" : sign === "…" ? "cut" : "";
    const spaced = `${sign} ${line.slice(1)}`;
    const text = spaced.length > 20000 ? `${spaced.slice(0, 20000)}… (${spaced.length - 20000} more characters)` : spaced;
    pre.append(make("span", kind ? { class: kind } : {}, ...highlighted(text)));
  }
  return pre;
}

function fill(body, object) {
  body.replaceChildren();
  if (object.from) body.append(make("p", { class: "meta" }, "from app ", make("code", {}, object.from)));
  if (object.source) body.append(make("p", { class: "meta" }, "source: ", make("code", {}, object.source)));
  for (const notice of object.notices) body.append(make("p", { class: "notice" }, "! " + notice));
  for (const [path, noise, lines] of fieldsOf(object)) {
    body.append(make("div", { class: "path" }, ...highlighted(path), noise === null ? null : make("span", { class: "why" }, ` (noise: ${noise})`)));
    body.append(block(lines));
  }
  if (object.manifest) {
    const sign = object.change === "removed" ? "-" : "+";
    body.append(block(object.manifest.map((line) => sign + line)));
  }
  if (body.childElementCount === 0) body.append(make("p", { class: "meta" }, "No field differs."));
}

function objectElement(object) {
  const body = make("div", { class: "body" });
  const n = fieldsOf(object).length;
  const summary = make("summary", {},
    make("span", { class: `tag ${object.change}` }, data.words[object.change]),
    make("code", { class: "id" }, ...highlighted(object.name)),
    object.notices.length ? make("span", { class: "bang", title: object.notices.join("\n"), "aria-label": "look at this twice" }, "!") : null,
    n ? make("span", { class: "n" }, plural(n, "field")) : null);
  const element = make("details", { class: "object" }, summary, body);
  element.addEventListener("toggle", () => { if (element.open) fill(body, object); else body.replaceChildren(); });
  if (state.open) { element.open = true; fill(body, object); }
  return element;
}

function names(clusters) {
  return clusters.map((at) => data.clusters[at].name).join(", ");
}

function groupElement(group, objects) {
  const one = group.clusters.length === 1;
  const on = one ? `${data.sides ? "in" : "on"} ${names(group.clusters)}` : `the same ${data.sides ? "in" : "on"} ${plural(group.clusters.length, unit)}`;
  const status = group.is ? make("span", { class: `tag ${group.status}` }, group.is) : null;
  const section = make("section", { class: "group" },
    make("h2", {}, make("span", { class: "app" }, group.app), status, make("span", { class: "on" }, on)));
  if (!one) {
    const text = names(group.clusters) + (group.butForNames ? ` — but for each cluster’s own name; shown is ${names(group.clusters.slice(0, 1))}` : "");
    section.append(make("p", { class: "names" }, text));
  }
  if (group.about) section.append(make("p", { class: "names" }, group.about));
  if (group.objects.length === 0 && !group.about) section.append(make("p", { class: "names" }, "No object comes or goes with it."));
  let shown = 0;
  const more = make("button", { type: "button", class: "more" });
  const add = () => {
    const next = objects.slice(shown, shown + ROWS);
    more.before(...next.map(objectElement));
    shown += next.length;
    const left = objects.length - shown;
    more.hidden = left === 0;
    more.textContent = `Show ${Math.min(left, ROWS)} of ${plural(left, "more object")}`;
  };
  more.addEventListener("click", add);
  section.append(more);
  add();
  return section;
}

function filterList(box, entries, chosen, choose) {
  box.replaceChildren(...entries.map(([key, label, n, title]) => make("button", {
    type: "button", class: n === 0 ? "none" : "", "aria-pressed": String(chosen === key), title: title || label,
    onclick: () => { choose(chosen === key ? null : key); state.groups = GROUPS; show(); },
  }, make("span", { class: "name" }, label), make("span", { class: "n" }, n.toLocaleString("en")))));
}

function lists() {
  const perCluster = new Map(), perApp = new Map();
  for (const group of data.groups) {
    const forClusters = visible(group, "cluster").length, forApps = visible(group, "app").length;
    for (const at of group.clusters) perCluster.set(at, (perCluster.get(at) || 0) + forClusters);
    perApp.set(group.app, (perApp.get(group.app) || 0) + forApps);
  }
  const mark = { added: " (new)", removed: " (removed)" };
  filterList(byId("clusters"), data.clusters.map((c, at) =>
    [at, c.name + (mark[c.status] || "") + (c.held ? ` (${c.held} held)` : ""), perCluster.get(at) || 0]),
    state.cluster, (key) => { state.cluster = key; });
  filterList(byId("apps"), [...perApp].map(([app, n]) => [app, app, n]), state.app, (key) => { state.app = key; });
}

function show() {
  const found = data.groups.map((group) => [group, visible(group)]).filter(([group, objects]) => objects.length || bare(group));
  const total = found.reduce((sum, [, objects]) => sum + objects.length, 0);
  if (state.open === null) state.open = total <= OPEN;
  lists();
  const box = byId("groups");
  box.replaceChildren(...found.slice(0, state.groups).map(([group, objects]) => groupElement(group, objects)));
  if (found.length > state.groups) {
    const left = found.length - state.groups;
    box.append(make("button", { type: "button", onclick: () => { state.groups += GROUPS; show(); } },
      `Show ${Math.min(left, GROUPS)} of ${plural(left, "more group")}`));
  }
  if (found.length === 0) {
    const none = data.nothing || (data.groups.length ? "Nothing is like that." : "No object differs.");
    box.append(make("p", { class: "empty" }, none));
  }
  byId("count").textContent = data.sides ? plural(total, "different object") : `${plural(total, "change")} of objects`;
  byId("expand").textContent = state.open ? "Collapse all" : "Expand all";
}

function box(title, kind, items) {
  if (items.length === 0) return null;
  const shown = items.slice(0, 100).map((item) => make("li", {}, item));
  if (items.length > 100) shown.push(make("li", {}, `and ${items.length - 100} more`));
  return make("section", { class: `box ${kind}` }, make("h2", {}, title), make("ul", {}, ...shown));
}

function start() {
  byId("base").textContent = data.base;
  if (data.sides) byId("places").textContent = "Pairs";
  byId("head").textContent = data.head;
  for (const [name, text] of data.summary) {
    if (text) byId("summary").append(make("div", {}, make("dt", {}, name), make("dd", {}, text.replace(/^[\d,]+ \w+: /, ""))));
  }
  const notices = [];
  for (const group of data.groups) {
    for (const object of group.objects.filter((object) => !object.noise)) {
      for (const notice of object.notices) {
        const on = group.clusters.length === 1 ? names(group.clusters) : plural(group.clusters.length, unit);
        notices.push(`${object.name} in ${group.app} (${on}): ${notice}`);
      }
    }
  }
  const findings = (added) => data.findings.filter((one) => one[0] === added).map((one) => one[1]);
  byId("before").append(...[
    box("Look at these twice", "warn", notices),
    box("New findings", "warn", findings(true)),
    box("Mended findings", "", findings(false)),
    box("Held: what these apps would get is not known", "held", data.held),
  ].filter(Boolean));
  for (const note of [data.noise, ...data.notes].filter(Boolean)) byId("after").append(make("p", { class: "footnote" }, note));

  const present = new Set(data.groups.flatMap((group) => group.objects.map((object) => object.change)));
  for (const kind of KINDS.filter((kind) => present.has(kind))) {
    const button = make("button", { type: "button", class: kind, "aria-pressed": "true" }, data.words[kind]);
    button.addEventListener("click", () => {
      const on = !state.kinds.has(kind);
      if (on) state.kinds.add(kind); else state.kinds.delete(kind);
      button.setAttribute("aria-pressed", String(on));
      show();
    });
    byId("kinds").append(button);
  }
  byId("noise").checked = state.noise;
  byId("noise").addEventListener("change", (event) => { state.noise = event.target.checked; show(); });
  let timer = 0;
  byId("search").addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(() => { state.text = event.target.value.trim(); state.groups = GROUPS; show(); }, 120);
  });
  byId("expand").addEventListener("click", () => { state.open = !state.open; show(); });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, select, textarea") && event.target.type !== "checkbox";
    if (event.key === "Escape") {
      byId("search").value = "";
      Object.assign(state, { text: "", cluster: null, app: null });
      if (typing) event.target.blur();
      show();
    } else if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.key === "/") { byId("search").focus(); event.preventDefault(); }
      if (event.key === "j" || event.key === "k") {
        const rows = [...document.querySelectorAll(".object > summary")];
        const at = rows.indexOf(document.activeElement);
        const next = rows[event.key === "j" ? at + 1 : Math.max(at - 1, 0)];
        if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
      }
    }
  });
  show();
}
start();
