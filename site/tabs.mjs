// The tabs: each has an id, a title, and `show(panel, context)`, which fills the panel for the question that is asked now.
// A tab that is `alone` does not depend on the question, and is filled once.

import { copier, download, el, later, markup, problem } from "./dom.mjs";
import { practice } from "./practice.mjs";

/** Fill a panel with what a question is told; errors are shown in it. */
async function filled(panel, context, question, more, worker, make) {
  const mine = context.version;
  const wait = setTimeout(() => panel.replaceChildren(el("p", { class: "state", role: "status" }, el("span", { class: "spinner", "aria-hidden": "true" }), " Working…")), panel.childElementCount ? 400 : 60);
  const found = await context.ask(question, more, worker);
  clearTimeout(wait);
  if (found === null || mine !== context.version) return;
  if (found.failed) panel.replaceChildren(el("p", { class: "message" }, "This could not be computed here."), el("pre", { class: "place" }, found.failed.split("\n").slice(-2).join("\n")));
  else if (found.error) panel.replaceChildren(...problem(found.error, context.state.f));
  else panel.replaceChildren(...make(found).filter(Boolean));
}

const wide = (label, ...children) => el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": label }, ...children);

/** Buttons of which one is chosen. */
function choice(label, options, chosen, pick) {
  const group = el("fieldset", { class: "choice" }, el("legend", {}, label));
  const name = `choice-${label.replace(/\W+/g, "-")}`;
  for (const [value, text] of options) {
    const input = el("input", { type: "radio", name, value, checked: value === chosen });
    input.addEventListener("change", () => pick(value));
    group.append(el("label", { class: "chip" }, input, text));
  }
  return group;
}

function graphTab(panel, context) {
  const { state } = context;
  const again = () => graphTab(panel, context);
  return filled(panel, context, "graph", { across: state.across }, context.engine, (found) => [
    el("div", { class: "row" },
      choice("direction", [["up", "upwards"], ["across", "to the right"]], state.across ? "across" : "up", (value) => { state.across = value === "across"; context.remember(); again(); }),
      el("span", { class: "copies" }, el("button", { type: "button", class: "small", onclick: () => download("graph.svg", found.svg, "image/svg+xml") }, "Save SVG"),
        copier("DOT", () => found.dot), copier("TikZ", () => found.tikz), copier("Mermaid", () => found.mermaid))),
    wide("The computation graph", el("figure", { class: "picture" }, markup(found.svg))),
    el("p", { class: "quiet" }, "The local derivative stands on every edge. Multiply along the paths, add where paths meet."),
  ]);
}

function stepsTab(panel, context) {
  const { state } = context;
  const pick = (key) => (value) => { state[key] = value; context.remember(); stepsTab(panel, context); };
  return filled(panel, context, "steps", { level: state.level, style: state.style }, context.engine, (found) => [
    el("div", { class: "row" },
      choice("style", [["paths", "by paths"], ["differential", "by differentials"], ["rules", "by rules"]], state.style, pick("style")),
      choice("detail", [["brief", "brief"], ["normal", "normal"], ["full", "full"]], state.level, pick("level")),
      el("span", { class: "copies" }, copier("Text", () => found.text), copier("LaTeX", () => found.latex))),
    wide("The derivation", markup(found.html)),
  ]);
}

function numbersTab(panel, context) {
  const { state } = context;
  const sliders = el("div", { class: "sliders" });
  const passes = el("div", {});
  const head = el("div", { class: "row" });
  const note = el("div", { role: "status" });
  let values = state.at;
  const refresh = async (rebuild) => {
    const mine = context.version;
    const found = await context.ask("numbers", { values, sizes: state.sizes });
    if (found === null || mine !== context.version) return;
    if (found.failed || found.error) return note.replaceChildren(...(found.error ? problem(found.error, state.f) : [el("p", { class: "message" }, "These numbers could not be computed.")]));
    note.replaceChildren();
    values = found.values;
    if (rebuild) build(found);
    const spot = passes.querySelector(".wide")?.scrollLeft ?? 0;
    passes.replaceChildren(
      el("p", { class: "result", "aria-live": "polite" }, ...found.answers.map((answer) => el("span", {}, el("b", {}, `d/d${answer.name}`), ` = ${answer.text}`))),
      wide("The graph with numbers", el("figure", { class: "picture" }, markup(found.svg))),
      wide("Both passes in numbers", markup(found.html)));
    if (spot) passes.querySelector(".wide").scrollLeft = spot;
  };
  const moved = later(30, () => { state.at = values; context.remember(); refresh(false); });
  const build = (found) => {
    head.replaceChildren(...Object.entries(found.sizes).map(([name, size]) => {
      const input = el("input", { type: "number", min: "1", max: "6", value: String(size), class: "size" });
      input.addEventListener("change", () => { state.sizes = { ...state.sizes, [name]: Number(input.value) }; values = {}; state.at = {}; context.remember(); refresh(true); });
      return el("label", { class: "inline" }, `${name} = `, input);
    }), el("button", { type: "button", class: "small", onclick: () => { values = {}; state.at = {}; context.remember(); refresh(true); } }, "Other start"), copier("Table", () => found.text));
    sliders.replaceChildren(...found.entries.map((entry) => {
      const id = `slider-${entry.name}-${entry.place.join("-")}`;
      const exact = el("input", { type: "number", step: "any", value: String(round(entry.value)), "aria-label": `${entry.label}, exactly` });
      const range = el("input", { type: "range", id, min: String(entry.min), max: String(entry.max), step: String(entry.step), value: String(entry.value) });
      const set = (value) => {
        if (!Number.isFinite(value)) return;
        values = structuredClone(values);
        if (!entry.place.length) values[entry.name] = value;
        else entry.place.reduce((at, k, depth) => (depth === entry.place.length - 1 ? (at[k] = value) : at[k]), values[entry.name]);
        moved();
      };
      range.addEventListener("input", () => { exact.value = String(round(Number(range.value))); set(Number(exact.value)); });
      exact.addEventListener("input", () => { range.value = exact.value; set(exact.valueAsNumber); });
      return el("div", { class: "slider" }, el("label", { for: id }, entry.label), range, exact);
    }), found.more ? el("p", { class: "quiet" }, `and ${found.more} more numbers: choose smaller sizes to move them`) : "");
  };
  panel.replaceChildren(head, sliders, note, passes);
  return refresh(true);
}

const round = (value) => Number(value.toPrecision(4));

function checkTab(panel, context) {
  const { state } = context;
  const field = el("input", { type: "text", id: "mine", class: "mono", spellcheck: "false", autocapitalize: "off", autocomplete: "off", value: state.answer, placeholder: "-y*phi" });
  const of = context.answered.wrt.length > 1 ? el("select", { "aria-label": "Which derivative" }, context.answered.wrt.map((name) => el("option", { value: name }, name))) : null;
  const result = el("div", { class: "grade", role: "status" });
  const button = el("button", { type: "submit", class: "primary" }, "Check");
  const form = el("form", { class: "row" }, el("label", { for: "mine" }, "My answer"), of, field, button);
  const submit = async (event) => {
    event?.preventDefault();
    state.answer = field.value;
    context.remember();
    if (!field.value.trim()) return result.replaceChildren(el("p", { class: "quiet" }, "Type the derivative as you found it: as text of the language, or as LaTeX."));
    result.className = "grade";
    result.replaceChildren(el("p", { class: "state" }, el("span", { class: "spinner", "aria-hidden": "true" }), context.judge.ready ? " Looking at your answer…" : " The check is being loaded…"));
    const mine = field.value;
    context.judge.unblock("check");
    const found = await context.ask("check", { answer: field.value, of: of?.value ?? context.answered.wrt[0] }, context.judge);
    if (found === null || mine !== field.value) return;
    if (found.failed) return result.replaceChildren(el("p", { class: "message" }, "This could not be checked here."));
    if (found.error) return result.replaceChildren(...problem(found.error, field.value));
    const kind = found.correct === true ? "good" : found.correct === false ? "bad" : "unsure";
    result.className = `grade ${kind}`;
    result.replaceChildren(el("p", { class: "verdict" }, el("span", { class: "sign", "aria-hidden": "true" }, { good: "✓", bad: "✗", unsure: "?" }[kind]), el("span", {}, found.text)));
  };
  form.addEventListener("submit", submit);
  panel.replaceChildren(form, result, el("p", { class: "quiet" }, "A right answer may look different. Of a wrong one you are told which slip it is, with numbers that show it."));
  return state.answer ? submit() : undefined;
}

function curvatureTab(panel, context) {
  return filled(panel, context, "curvature", {}, context.judge, (found) => {
    const { about } = found;
    const facts = [["strongly convex with", about.strongly], ["Lipschitz constant of the gradient", about.lipschitz], ["safe step", about.step]].filter(([, value]) => value);
    return [
      el("p", { class: `kind ${found.kind}` }, found.kind === "unknown" ? "not decided" : found.kind, el("small", {}, ` in ${about.variables.join(", ")} together${found.condition ? `, ${found.condition}` : ""}`)),
      about.reasons.length ? wide("Reasons", el("table", {}, el("thead", {}, el("tr", {}, ["part", "is", "because of"].map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", {}, about.reasons.map((reason) => el("tr", {}, el("td", {}, el("code", {}, reason.node)), el("td", {}, reason.kind), el("td", {}, reason.rule)))))) : null,
      ...facts.map(([name, value]) => el("p", {}, `${name}: `, el("code", {}, value))),
      about.counterexamples?.length || found.kind === "unknown" ? wide("In words", el("pre", {}, found.text)) : null,
      el("span", { class: "copies" }, copier("Text", () => found.text)),
    ];
  });
}

function backwardTab(panel, context) {
  const { state } = context;
  return filled(panel, context, "backward", { names: state.names }, context.engine, (found) => {
    const code = el("pre", { class: "code" }, found.numpy);
    return [
      choice("names", [["delta", "δ"], ["bar", "bar"], ["grad", "d"]], state.names, (value) => { state.names = value; context.remember(); backwardTab(panel, context); }),
      ...found.blocks.map((block) => wide(block.title, el("table", { class: "program" }, el("caption", {}, block.title),
        el("tbody", {}, block.lines.map((line) => el("tr", {}, el("td", {}, markup(line.left)), el("td", {}, "="), el("td", {}, markup(line.right)), el("td", { class: "quiet" }, line.shape))))))),
      found.kept.length ? el("p", { class: "quiet" }, `Kept from the forward pass: ${found.kept.join(", ")}`) : null,
      el("div", { class: "row" }, choice("as a program", [["numpy", "NumPy"], ["torch", "PyTorch"], ["jax", "JAX"]], "numpy", (target) => (code.textContent = found[target])),
        el("span", { class: "copies" }, copier("Program", () => code.textContent), copier("Text", () => found.text), copier("LaTeX", () => found.latex), copier("Algorithm", () => found.algorithm))),
      wide("Program of the backward pass", code),
    ];
  });
}

function codeTab(panel, context) {
  const { state } = context;
  return filled(panel, context, "code", { target: state.target, bare: !state.full }, context.engine, (found) => [
    el("div", { class: "row" },
      choice("for", [["numpy", "NumPy"], ["jax", "JAX"], ["torch", "PyTorch"], ["c", "C"], ["sympy", "SymPy"]], state.target, (value) => { state.target = value; context.remember(); codeTab(panel, context); }),
      choice("as", [["bare", "short"], ["full", "with checks"]], state.full ? "full" : "bare", (value) => { state.full = value === "full"; context.remember(); codeTab(panel, context); }),
      el("span", { class: "copies" }, copier("Code", () => found.code), el("button", { type: "button", class: "small", onclick: () => download(found.target === "c" ? "gradient.c" : "gradient.py", found.code, "text/plain") }, "Save file"))),
    wide("Code of the answer", el("pre", { class: "code" }, found.code)),
  ]);
}

export const TABS = [
  { id: "graph", title: "Graph", show: graphTab },
  { id: "steps", title: "Steps", show: stepsTab },
  { id: "numbers", title: "Numbers", show: numbersTab },
  { id: "check", title: "Check mine", show: checkTab },
  { id: "curvature", title: "Curvature", show: curvatureTab },
  { id: "backward", title: "Backward", show: backwardTab },
  { id: "code", title: "Code", show: codeTab },
  { id: "practice", title: "Practice", show: practice, alone: true },
];
