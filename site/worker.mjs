// Python in a worker: it loads Pyodide and the engine, and answers requests {id, ask, given} with {id, answer} or {id, failed}.
// What is large and not always needed (SymPy, FLINT) is read when Python first imports it.

import { loadPyodide } from "./pyodide/pyodide.mjs";

const base = new URL("./", self.location.href).href;
const room = "/lib/symdiff";
const plainFetch = self.fetch.bind(self);

// The program of Pyodide is stored packed; it is unpacked on the way, so that it can be compiled while it arrives.
self.fetch = async (what, ...more) => {
  const url = typeof what === "string" ? what : (what.url ?? String(what));
  if (!url.endsWith("pyodide.asm.wasm")) return plainFetch(what, ...more);
  const packed = await plainFetch(`${url}.gz`);
  if (!packed.ok) return packed;
  const alone = packed.headers.get("Content-Encoding") === null; // a server that says so has let the browser unpack it
  return new Response(alone ? packed.body.pipeThrough(new DecompressionStream("gzip")) : packed.body, { headers: { "Content-Type": "application/wasm" } });
};

const say = (text) => self.postMessage({ progress: text });

// Archives that are fetched before Python asks for them: ?keep=python/sympy.zip.
const kept = new Map();
const keep = (new URL(self.location.href).searchParams.get("keep") ?? "").split(",").filter(Boolean).map(async (path) => {
  const found = await plainFetch(base + path);
  if (found.ok) kept.set(path, new Uint8Array(await found.arrayBuffer()));
});

/** The bytes of a file of the page, at once: Python's import waits for them. */
function read(path) {
  if (kept.has(path)) return kept.get(path);
  const request = new XMLHttpRequest();
  request.open("GET", base + path, false);
  request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`${path}: ${request.status}`);
  return new Uint8Array(request.response);
}

const paper = typeof OffscreenCanvas === "undefined" ? null : new OffscreenCanvas(1, 1).getContext("2d");

/** Width, ascent and descent of a text in a font: what a picture needs to place it. */
function measure(text, font) {
  paper.font = font;
  const found = paper.measureText(text);
  return [found.width, found.actualBoundingBoxAscent, found.actualBoundingBoxDescent];
}

const times = {};
const mark = (what) => (times[what] = Math.round(performance.now()));

async function start() {
  say("Python is being loaded into this page");
  const archive = plainFetch(`${base}python/engine.zip`).then((found) => found.arrayBuffer());
  const python = await loadPyodide({ indexURL: `${base}pyodide/`, packages: [] });
  mark("python");
  say("symdiff is being loaded");
  python.unpackArchive(await archive, "zip", { extractDir: room });
  mark("unpacked");
  await Promise.allSettled(keep);
  python.registerJsModule("symdiff_page", { read, measure, canvas: () => paper !== null });
  return python.runPython(`import sys\nsys.path.insert(0, "${room}")\nfrom symdiff.page import browser\nbrowser.start()`);
}

const ready = start();
ready.then(
  () => {
    mark("ready");
    self.postMessage({ ready: true, times });
  },
  (error) => self.postMessage({ broken: String(error).slice(-2000) }),
);

self.onmessage = async ({ data }) => {
  try {
    const ask = await ready;
    const started = performance.now();
    const answer = JSON.parse(ask(data.ask, JSON.stringify(data.given)));
    self.postMessage({ id: data.id, answer, took: performance.now() - started });
  } catch (error) {
    self.postMessage({ id: data.id, failed: String(error).slice(-2000) });
  }
};
