// The page: the question at the top, the answer below it, everything else in tabs. What is asked is `state`, which the address carries.

import { $, copier, copy, el, later, markup, problem } from "./dom.mjs";
import { Engine } from "./engine.mjs";
import { EMPTY, parse, write } from "./link.mjs";
import { TABS } from "./tabs.mjs";

const SLOW = 1200; // milliseconds after which an answer that is still worked on can be stopped
const TOO_LONG = 20000; // after which a newer question ends the work on an older one
const FIRST = "max(1 - y*w.phi, 0)";

let state = parse(location.hash);
let reading = null; // what the engine last said of the formula
let answered = null; // the last answer
let version = 0; // of the question: what comes late is dropped
const started = performance.now();
const marks = { ready: 0, first: 0 }; // what the tests measure
window.symdiffTimes = marks;

const SYMPY = "python/sympy.zip";
const FLINT = "python/python-flint.zip";
const visited = Boolean(navigator.serviceWorker?.controller); // then everything is at hand
let engine = new Engine(hearEngine, visited ? [FLINT] : []);
function hearEngine(said) {
  if (said.progress) busy(`Starting: ${said.progress}…`);
  if (said.ready) {
    marks.ready ||= performance.now() - started;
    marks.worker ??= said.times;
  }
  if (said.broken) broken(said.broken);
}
const judge = new Engine((said) => {
  if (said.broken) verdict("unsure", "The check could not be started.", said.broken);
}, visited ? [SYMPY, FLINT] : [SYMPY]);

// ------------------------------------------------------------------------------------------------ the question

const formula = $("formula");
const mirror = $("mirror");

/** What every question has. */
const given = (more = {}) => ({ formula: state.f, types: state.types, wrt: state.wrt, order: state.order, expand: state.expand, layout: state.layout, ...more });

function grow() {
  formula.style.height = "auto";
  formula.style.height = `${Math.min(formula.scrollHeight, 320)}px`;
}

/** Mark a place in the box; null: none. */
function underline(span) {
  const text = formula.value;
  mirror.replaceChildren();
  if (!span) return;
  const [start, end] = span;
  mirror.append(text.slice(0, start), el("mark", {}, text.slice(start, Math.max(start + 1, end)) || " "), `${text.slice(Math.max(start + 1, end))}\n`);
  mirror.scrollTop = formula.scrollTop;
}

function showError(error) {
  const own = error && !error.where ? error.span : null;
  underline(own);
  $("problem").replaceChildren(...(error ? problem(error, state.f) : []));
  formula.setAttribute("aria-invalid", error ? "true" : "false");
}

/** The question changed. */
function changed({ now = false } = {}) {
  version++;
  remember();
  judge.drop("verify");
  if (now) solve.now();
  else solve();
}

const remember = later(250, () => {
  history.replaceState(null, "", write(state) || location.pathname + location.search);
});

const solve = later(120, async () => {
  const mine = version;
  if (!state.f.trim()) {
    showError(null);
    reading = answered = null;
    $("letters").replaceChildren();
    $("answers").replaceChildren(el("p", { class: "empty" }, "Type a formula, or take one of the examples."));
    verdict("", "");
    $("notes").replaceChildren();
    idle();
    return;
  }
  if (engine.ready && engine.busy > TOO_LONG) engine.restart();
  const waiting = setTimeout(() => mine === version && busy("Differentiating…", true), engine.ready ? 350 : 0);
  const found = await engine.ask("answer", given());
  clearTimeout(waiting);
  if (found === null || mine !== version) return;
  idle();
  if (found.failed) return broken(found.failed);
  if (found.error) {
    const read = await engine.ask("look", given({ wrt: [] }));
    if (mine !== version) return;
    if (read && !read.error && !read.failed) {
      reading = read;
      showLetters();
    }
    stale(true);
    showError(found.error);
    verdict("", "");
    return;
  }
  showError(null);
  stale(false);
  reading = answered = found;
  answered.version = mine;
  for (const name of Object.keys(state.types)) if (!found.variables.some((letter) => letter.name === name)) delete state.types[name];
  showLetters();
  showAnswers();
  marks.last = found.took;
  if (!marks.first) {
    marks.first = performance.now() - started;
    document.documentElement.dataset.answered = "yes";
    afterFirst();
  }
  showTab();
  check(mine);
});

function showLetters() {
  const asked = state.wrt.length ? state.wrt : reading.wrt;
  const box = $("wrt");
  const focused = document.activeElement?.dataset?.wrt;
  box.replaceChildren(el("legend", {}, "by"));
  for (const name of reading.names) {
    const shown = reading.variables.find((letter) => letter.name === name)?.shown ?? name;
    const input = el("input", { type: "checkbox", value: name, checked: asked.includes(name), "data-wrt": name });
    input.addEventListener("change", () => {
      const chosen = [...box.querySelectorAll("input:checked")].map((other) => other.value);
      state.wrt = chosen.length ? [...state.wrt.filter((known) => chosen.includes(known)), ...chosen.filter((known) => !state.wrt.includes(known))] : [];
      if (!chosen.length) input.checked = true;
      changed({ now: true });
    });
    box.append(el("label", { class: "chip" }, input, shown));
    if (focused === name) input.focus();
  }
  const list = $("letters");
  const open = list.contains(document.activeElement) ? document.activeElement.dataset.name : "";
  list.replaceChildren(...reading.variables.map(letterRow));
  if (open) list.querySelector(`[data-name="${CSS.escape(open)}"]`)?.focus();
}

const TYPES = ["scalar", "positive scalar", "vector", "vector(n)", "positive vector", "simplex vector", "matrix", "matrix(m, n)", "matrix(n, n)", "symmetric matrix(n, n)", "psd matrix(n, n)", "diagonal matrix(n, n)"];

function letterRow(letter) {
  const said = letter.source.replace("convention: ", "by convention: ");
  const name = el("span", { class: "letter" }, letter.shown);
  if (letter.fixed || letter.opaque) return el("li", {}, name, el("span", { class: "type" }, letter.type), el("span", { class: "source" }, letter.fixed ? "declared in the formula" : said));
  const own = state.types[letter.name];
  const select = el("select", { "aria-label": `Type of ${letter.shown}`, "data-name": letter.name });
  const auto = el("option", { value: "" }, own ? "as the formula says" : letter.type);
  select.append(auto, ...[...new Set([...(own && !TYPES.includes(own) ? [own] : []), ...TYPES])].map((words) => el("option", { value: words, selected: words === own }, words)), el("option", { value: "?" }, "other…"));
  const other = el("input", { type: "text", class: "other", "aria-label": `Type of ${letter.shown} in words`, placeholder: "vector(3)", hidden: true });
  const set = (words) => {
    if (words) state.types[letter.name] = words;
    else delete state.types[letter.name];
    changed({ now: true });
  };
  select.addEventListener("change", () => {
    if (select.value !== "?") return set(select.value);
    other.hidden = false;
    other.value = own ?? "";
    other.focus();
  });
  other.addEventListener("keydown", (event) => event.key === "Enter" && set(other.value.trim()));
  other.addEventListener("blur", () => other.value.trim() && set(other.value.trim()));
  return el("li", {}, name, select, other, el("span", { class: "source" }, said));
}

// ------------------------------------------------------------------------------------------------ the answer

function busy(text, stoppable = false) {
  $("state").hidden = false;
  $("state-text").textContent = text;
  $("stop").hidden = true;
  clearTimeout(busy.timer);
  if (stoppable) busy.timer = setTimeout(() => ($("stop").hidden = false), SLOW);
}

function idle() {
  clearTimeout(busy.timer);
  $("state").hidden = true;
}

function broken(reason) {
  idle();
  $("answers").replaceChildren(el("p", { class: "message" }, "Something went wrong in the engine. Reload the page; if it happens again, please report the formula."), el("pre", { class: "place" }, reason));
}

/** Whether the answer shown is that of an earlier formula. */
const stale = (yes) => {
  $("answers").classList.toggle("stale", yes);
  $("answers").inert = yes; // nobody copies it by mistake
};

function showAnswers() {
  const blocks = answered.answers.map((answer) => {
    const copies = [
      copier("Text", () => answer.text), copier("LaTeX", () => answer.latex), copier("Unicode", () => answer.unicode), copier("Typst", () => answer.typst), copier("MathML", () => answer.mathml),
      ...[["NumPy", "numpy"], ["JAX", "jax"], ["PyTorch", "torch"]].map(([label, target]) => copier(label, async () => (await ask("code", { target }))?.code ?? null)),
    ];
    return el("article", { class: "one", "aria-label": `${answer.word} by ${answer.name}: ${answer.unicode}` },
      el("p", { class: "which" }, el("b", {}, answer.said), ` ${answer.word}, ${answer.shape}`),
      el("div", { class: "formula", tabindex: "0", role: "region", "aria-label": "Formula of the answer" }, markup(answer.mathml)),
      el("p", { class: "plain" }, el("code", {}, answer.text)),
      ...answer.notes.map((note) => el("p", { class: "note" }, note)),
      el("div", { class: "copies", role: "group", "aria-label": "Copy the answer" }, el("span", { class: "quiet" }, "Copy"), ...copies));
  });
  $("answers").replaceChildren(...blocks);
  $("notes").replaceChildren(...answered.notes.map((note) => el("li", {}, note)));
}

function verdict(kind, text, title = "") {
  const box = $("verdict");
  box.className = `verdict ${kind}`;
  box.title = title;
  const sign = { good: "✓", bad: "✗", unsure: "?", working: "…" }[kind] ?? "";
  box.replaceChildren(...(text ? [el("span", { class: "sign", "aria-hidden": "true" }, sign), el("span", {}, text)] : []));
}

/** The verification of what is shown; in the other worker, so that nothing waits for it. */
async function check(mine) {
  verdict("working", judge.ready ? "Checking with SymPy…" : "The check is being loaded…");
  if (!marks.judge) return; // it starts once the first answer is there
  if (answered.version !== mine) return; // the answer to what stands there now will ask again
  judge.unblock("verify");
  const texts_ = answered.answers.map((answer) => answer.text);
  const first = await judge.ask("verify", given({ wrt: answered.wrt, answers: texts_, proof: false }));
  if (first === null || mine !== version) return;
  if (first.ok) verdict("good", `${sentence(first)} SymPy is asked, too…`);
  if (first.ok) marks.agreed ||= performance.now() - started;
  const found = await judge.ask("verify", given({ wrt: answered.wrt, answers: texts_ }));
  if (found === null || mine !== version) return;
  if (found.failed || found.error) return verdict("unsure", `The check did not come to an end: ${found.error?.message ?? "it broke off"}`, found.failed ?? "");
  marks.verified ||= performance.now() - started;
  const text = sentence(found);
  spare();
  if (found.ok === false) {
    $("answers").classList.add("refuted");
    return verdict("bad", `The check refutes this answer; do not use it. ${text}`);
  }
  $("answers").classList.remove("refuted");
  verdict(found.ok ? "good" : "unsure", text);
}

/** What the verdicts say, as a sentence. */
function sentence(found) {
  const texts = [...new Set(found.verdicts.map((v) => v.text))];
  const text = texts.length === 1 ? texts[0] : found.verdicts.map((v) => `${v.name}: ${v.text}`).join("; ");
  return texts.length === 1 ? `${text[0].toUpperCase()}${text.slice(1)}.` : `${text}.`;
}

/** A second engine, with FLINT, takes the place of the first one when it is ready: nobody waits while it is loaded. */
async function spare() {
  if (marks.spare) return;
  marks.spare = performance.now() - started;
  const next = new Engine(() => {}, [FLINT]);
  await next.ask("warm", { package: "flint" });
  await next.ask("answer", given());
  const before = engine;
  next.told = hearEngine;
  engine = next;
  next.queue.push(...before.queue.splice(0));
  next.next();
  if (before.asked) await new Promise((done) => setTimeout(done, TOO_LONG));
  before.worker?.terminate();
  before.asked?.done(null);
  marks.spared = performance.now() - started;
}

/** What can wait until the first answer stands there. */
function afterFirst() {
  setTimeout(() => {
    marks.judge = true;
    judge.start();
    check(version);
  }, 50);
  if ("serviceWorker" in navigator && window.isSecureContext) {
    const keep = () => navigator.serviceWorker.register("sw.js").then(
      () => navigator.serviceWorker.ready.then(() => {
        $("offline").textContent = "It works without a network from now on.";
        document.documentElement.dataset.offline = "yes";
      }),
      () => {},
    );
    setTimeout(keep, 4000);
  }
}

/** A question about what is shown, with the engine; errors become a message in `where`. */
async function ask(question, more = {}, worker = engine, key = question) {
  return worker.ask(question, given({ wrt: answered?.wrt ?? state.wrt, ...more }), key);
}

// ------------------------------------------------------------------------------------------------ tabs

const context = {
  get state() { return state; },
  get answered() { return answered; },
  get version() { return version; },
  get engine() { return engine; },
  judge, ask, remember,
  open(text, wrt = [], at = {}) {
    take({ ...structuredClone(EMPTY), f: text, wrt, at, tab: state.tab });
  },
};

function makeTabs() {
  const list = $("tabs");
  for (const tab of TABS) {
    tab.button = el("button", { type: "button", role: "tab", id: `tab-${tab.id}`, "aria-controls": `panel-${tab.id}`, "aria-selected": "false", tabindex: "-1" }, tab.title);
    tab.panel = el("div", { role: "tabpanel", id: `panel-${tab.id}`, "aria-labelledby": `tab-${tab.id}`, tabindex: "0", hidden: true });
    tab.button.addEventListener("click", () => choose(tab.id));
    list.append(tab.button);
    $("panels").append(tab.panel);
  }
  list.addEventListener("keydown", (event) => {
    const at = TABS.findIndex((tab) => tab.button === document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const tab = TABS[(to + TABS.length) % TABS.length];
    choose(tab.id);
    tab.button.focus();
  });
}

function choose(id) {
  state.tab = id;
  remember();
  showTab(true);
}

/** Fill the chosen tab, if what it shows is out of date. */
function showTab() {
  const chosen = TABS.find((tab) => tab.id === state.tab) ?? TABS[0];
  for (const tab of TABS) {
    const here = tab === chosen;
    tab.button.setAttribute("aria-selected", here ? "true" : "false");
    tab.button.tabIndex = here ? 0 : -1;
    tab.panel.hidden = !here;
  }
  chosen.button.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (chosen.alone) {
    if (!chosen.shown) chosen.show(chosen.panel, context);
    chosen.shown = true;
  } else if (answered && chosen.shown !== version) {
    chosen.shown = version;
    chosen.show(chosen.panel, context);
  }
}

// ------------------------------------------------------------------------------------------------ input

function take(next) {
  state = next;
  formula.value = state.f;
  $("order").value = String(state.order);
  $("expand").checked = state.expand;
  $("numerator").checked = state.layout === "numerator";
  grow();
  showError(null);
  changed({ now: true });
  showTab();
}

formula.addEventListener("input", () => {
  state.f = formula.value;
  underline(null);
  grow();
  if (state.wrt.length) {
    const words = new Set(state.f.match(/[^\W\d]\w*/gu) ?? []);
    state.wrt = state.wrt.filter((name) => words.has(name) || /[^\x20-\x7e\n]|\\/.test(state.f));
  }
  changed();
});
formula.addEventListener("scroll", () => (mirror.scrollTop = formula.scrollTop));
formula.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    changed({ now: true });
    $("answer").focus({ preventScroll: true });
    $("answer").scrollIntoView({ block: "nearest" });
  }
});
$("go").addEventListener("click", () => changed({ now: true }));
$("order").addEventListener("change", () => { state.order = Number($("order").value); changed({ now: true }); });
$("expand").addEventListener("change", () => { state.expand = $("expand").checked; changed({ now: true }); });
$("numerator").addEventListener("change", () => { state.layout = $("numerator").checked ? "numerator" : ""; changed({ now: true }); });
$("stop").addEventListener("click", () => {
  version++;
  engine.restart({ waiting: false });
  idle();
  $("answers").replaceChildren(el("p", { class: "empty" }, "Stopped. Change the formula, or ask again."));
});

let field = null;
/** Formulas in two dimensions: MathLive gives LaTeX, which the engine reads. */
async function twod(on) {
  $("twod").setAttribute("aria-pressed", on ? "true" : "false");
  $("box").hidden = on;
  $("twod-box").hidden = !on;
  if (!on) {
    grow();
    formula.focus();
    return;
  }
  if (!field) {
    const { MathfieldElement } = await import("./mathlive/mathlive.min.mjs");
    MathfieldElement.fontsDirectory = new URL("mathlive/fonts", document.baseURI).href;
    MathfieldElement.soundsDirectory = null;
    field = new MathfieldElement();
    field.setAttribute("aria-label", "Formula, two-dimensional");
    field.smartFence = true;
    field.addEventListener("input", () => {
      state.f = field.getValue("latex-without-placeholders");
      formula.value = state.f;
      changed();
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) changed({ now: true });
    });
    $("twod-box").append(field);
  }
  field.setValue(reading?.tex || state.f, { silenceNotifications: true });
  if (reading?.tex && !reading.latex) {
    state.f = reading.tex;
    formula.value = state.f;
    for (const letter of reading.variables) if (!letter.opaque && letter.type !== "scalar") state.types[letter.name] ??= letter.plain;
    changed({ now: true });
  }
  field.focus();
}
$("twod").addEventListener("click", () => twod($("twod").getAttribute("aria-pressed") !== "true"));

$("share").addEventListener("click", async () => {
  remember.now();
  const done = await copy(location.href);
  $("share").textContent = done ? "Link copied" : "Copy the address";
  setTimeout(() => ($("share").textContent = "Copy link"), 1600);
});

$("about-open").addEventListener("click", async () => {
  const body = $("licences").tBodies[0];
  if (!body.rows.length) {
    const parts = await (await fetch("licences.json")).json();
    body.append(...parts.map((part) => el("tr", {}, el("th", { scope: "row" }, part.home ? el("a", { href: part.home, rel: "noreferrer" }, part.name) : part.name), el("td", {}, part.version), el("td", {}, part.licence), el("td", {}, part.what))));
  }
  $("about").showModal();
});
$("about-close").addEventListener("click", () => $("about").close());

async function loadExamples() {
  const groups = await (await fetch("examples.json")).json();
  const select = $("examples");
  const all = [];
  for (const group of groups) {
    const options = el("optgroup", { label: group.title });
    for (const example of group.examples) {
      options.append(el("option", { value: String(all.length) }, example.title));
      all.push(example);
    }
    select.append(options);
  }
  select.addEventListener("change", () => {
    const example = all[Number(select.value)];
    if (!select.value || !example) return;
    select.value = "";
    if (example.sheet) {
      choose("practice");
      return;
    }
    take({ ...structuredClone(EMPTY), f: example.formula, wrt: example.wrt ?? [], at: example.at ?? {}, types: example.types ?? {}, tab: example.tab ?? state.tab });
  });
}

window.addEventListener("hashchange", () => {
  const next = parse(location.hash);
  if (write(next) !== write(state)) take(next);
});
window.addEventListener("resize", grow);

makeTabs();
if (!state.f && !location.hash) state.f = FIRST;
engine.start();
take(state);
loadExamples();
