// A sheet, blank by blank; each entry is marked at once. The lecture's sheet comes with the page; a file of one's own is read in the browser.

import { el, markup, problem } from "./dom.mjs";

export function practice(panel, context) {
  const file = el("input", { type: "file", accept: ".toml", id: "sheet-file", class: "away" });
  const choose = el("select", { "aria-label": "Problem" });
  const board = el("div", { class: "board" });
  const log = el("ol", { class: "log", "aria-live": "polite", "aria-label": "What was entered" });
  const score = el("p", { class: "quiet", role: "status" });
  let sheet = "";
  let entries = [];
  let problemId = "";

  let numbers; // of which seed

  /** The worker was ended meanwhile, by another question that took too long: go on in the new one. */
  const resume = async () => {
    const found = await context.judge.ask("practice", { sheet, problem: problemId, entries, ...(numbers === undefined ? {} : { seed: numbers }) }, "practice");
    if (found && !found.failed && !found.error) show(found);
  };

  const begin = async (seed) => {
    log.replaceChildren();
    entries = [];
    numbers = seed;
    board.replaceChildren(el("p", { class: "state" }, el("span", { class: "spinner", "aria-hidden": "true" }), " The problems are being worked out…"));
    const found = await context.judge.ask("practice", { sheet, problem: problemId, ...(seed === undefined ? {} : { seed }) }, "practice");
    if (found === null) return;
    if (found.failed || found.error) return board.replaceChildren(...(found.error ? problem(found.error) : [el("p", { class: "message" }, "This sheet could not be opened here.")]));
    choose.replaceChildren(el("option", { value: "" }, `${found.title || "The whole sheet"}: all problems`), ...found.problems.map((p) => el("option", { value: p.id, selected: p.id === problemId }, p.title)));
    show(found);
  };

  const show = (found) => {
    score.textContent = `${found.score}${found.over ? "" : `; blank ${found.done + 1} of ${found.count}`}`;
    if (found.over) return board.replaceChildren(el("p", { class: "kind convex" }, "Done."), el("p", {}, found.score));
    const field = el("input", { type: "text", id: "entry", class: "mono", spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
    const send = async (text) => {
      entries.push(text);
      const reply = await context.judge.ask("enter", { text }, `enter-${entries.length}`);
      if (reply === null || reply.error) return resume();
      if (reply.failed) return log.append(el("li", { class: "bad" }, "That could not be marked."));
      const kind = { correct: "good", loose: "good", wrong: "bad", unreadable: "unsure", undecided: "unsure" }[reply.mark] ?? "";
      log.append(el("li", { class: kind }, el("code", {}, `${found.prompt}${text}`), reply.reply ? el("span", {}, reply.reply) : null));
      while (log.childElementCount > 6) log.firstElementChild.remove();
      show(reply);
    };
    const form = el("form", { class: "row" }, el("label", { for: "entry", class: "prompt mono" }, found.prompt), field, el("button", { type: "submit", class: "primary" }, "Enter"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (field.value.trim()) send(field.value);
    });
    board.replaceChildren(
      el("h3", {}, found.heading),
      ...found.lines.map((line) => el("p", { class: line.startsWith("    ") ? "mono formula-line" : "" }, line.trim())),
      form,
      el("div", { class: "copies" }, el("button", { type: "button", class: "small", onclick: () => send("?") }, "Hint"), el("button", { type: "button", class: "small", onclick: () => send("!") }, "Show the answer"),
        el("button", { type: "button", class: "small", onclick: () => context.open(found.formula, found.wrt) }, "Open this formula above")));
    if (entries.length) field.focus();
  };

  file.addEventListener("change", async () => {
    if (!file.files[0]) return;
    sheet = await file.files[0].text();
    problemId = "";
    begin();
  });
  choose.addEventListener("change", () => {
    problemId = choose.value;
    begin();
  });
  panel.replaceChildren(
    el("div", { class: "row" }, choose, el("button", { type: "button", class: "small", onclick: () => begin(Math.floor(Math.random() * 1e6)) }, "Other numbers"), el("label", { for: "sheet-file", class: "small button" }, "Open a sheet of your own…"), file),
    board, score, log);
  fetch("sheet.toml").then((found) => found.text()).then((text) => {
    sheet = text;
    begin();
  });
}
