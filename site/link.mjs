// The question as a part of the page's address: everything that is needed to see the same again.
// #f=<formula>&wrt=<names>&types=<JSON>&order=&expand=1&layout=numerator&tab=&at=<JSON>&sizes=<JSON>&answer=&target=&style=&level=&problem=

export const EMPTY = {
  f: "", wrt: [], types: {}, order: 1, expand: false, layout: "", tab: "", at: {}, sizes: {}, answer: "", target: "numpy", style: "paths", level: "normal", names: "delta", across: false, full: false,
};

const object = (text) => {
  try {
    const found = JSON.parse(text);
    return found && typeof found === "object" && !Array.isArray(found) ? found : {};
  } catch {
    return {};
  }
};

const decode = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** The state that an address carries. What is not understood there is left out. */
export function parse(hash) {
  const state = structuredClone(EMPTY);
  for (const part of hash.replace(/^#/, "").split("&")) {
    const cut = part.indexOf("=");
    if (cut < 0) continue;
    const key = part.slice(0, cut);
    const value = decode(part.slice(cut + 1));
    if (key === "wrt") state.wrt = value.split(",").map((name) => name.trim()).filter(Boolean);
    else if (key === "order") state.order = Math.min(3, Math.max(1, Number.parseInt(value, 10) || 1));
    else if (key === "expand" || key === "across" || key === "full") state[key] = value === "1";
    else if (key === "types") state.types = Object.fromEntries(Object.entries(object(value)).map(([name, words]) => [name, String(words)]));
    else if (key === "at" || key === "sizes") state[key] = object(value);
    else if (key in state && typeof state[key] === "string") state[key] = value;
  }
  return state;
}

/** The address of a state. */
export function write(state) {
  const parts = [];
  for (const [key, empty] of Object.entries(EMPTY)) {
    const value = state[key];
    const text = key === "wrt" ? value.join(",") : typeof empty === "object" ? (Object.keys(value).length ? JSON.stringify(value) : "") : typeof empty === "boolean" ? (value ? "1" : "") : String(value);
    if (text && (typeof empty === "object" || typeof empty === "boolean" || text !== String(empty))) parts.push(`${key}=${encodeURIComponent(text)}`);
  }
  return parts.length ? `#${parts.join("&")}` : "";
}
