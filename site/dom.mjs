// Elements without a framework. Text is always a text node; markup comes from the engine only, which escapes what it writes.

/** An element: attributes by name (`on…` is a listener, `class`, `text`), then children, which are elements or texts. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && typeof value !== "string") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Markup of the engine (MathML, SVG, tables) as nodes. */
export function markup(text) {
  const template = document.createElement("template");
  template.innerHTML = text;
  return template.content;
}

export const $ = (id) => document.getElementById(id);

/** Puts a text on the clipboard; whether that worked. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el("textarea", { class: "away", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** A button that copies what `text()` gives, and says so for a moment. */
export function copier(label, text, name = "") {
  const button = el("button", { type: "button", class: "small", "aria-label": name || `Copy ${label}` }, label);
  button.addEventListener("click", async () => {
    const value = await text();
    if (value === null || value === undefined) return;
    const done = await copy(value);
    button.textContent = done ? "Copied" : "Not copied";
    button.setAttribute("aria-label", done ? `${label} copied` : `${label} not copied`);
    setTimeout(() => {
      button.textContent = label;
      button.setAttribute("aria-label", name || `Copy ${label}`);
    }, 1400);
  });
  return button;
}

/** A function that is called once things have been quiet for a while. */
export function later(wait, action) {
  let timer = 0;
  const call = (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...args), wait);
  };
  call.now = (...args) => {
    clearTimeout(timer);
    return action(...args);
  };
  call.cancel = () => clearTimeout(timer);
  return call;
}

/** A text offered as a file. */
export function download(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = el("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** The message of an error of the engine, with its place and its hint. */
export function problem(error, formula = "") {
  const lines = [el("p", { class: "message" }, error.message)];
  const text = error.where || formula;
  if (error.span && text) lines.push(place(text, error.span));
  if (error.hint) lines.push(el("p", { class: "hint" }, error.hint));
  return lines;
}

const WINDOW = 70;

/** The line of a text that an error is in, with a mark under the place. */
export function place(text, [start, end]) {
  const from = text.lastIndexOf("\n", Math.max(0, start - 1)) + 1;
  let to = text.indexOf("\n", start);
  if (to < 0) to = text.length;
  const left = Math.max(from, start - WINDOW / 2);
  const right = Math.min(to, Math.max(left + WINDOW, start + 1));
  const stop = Math.max(start + 1, Math.min(end, right));
  const wrong = text.slice(start, stop);
  return el("pre", { class: "place" }, left > from ? "…" : "", text.slice(left, start), el("mark", {}, wrong || " "), text.slice(stop, right), right < to ? "…" : "");
}
