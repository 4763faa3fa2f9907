// Python in a worker of its own, asked one question after the other. A question that is asked again under the same key before it was sent
// replaces the earlier one; a worker that is no longer wanted is ended, and another one started in its place.

const PATIENCE = 10000; // milliseconds

export class Engine {
  /** told: called with what the worker says of its start ({progress}, {ready}, {broken}). keep: archives that it will need. */
  constructor(told = () => {}, keep = []) {
    this.told = told;
    this.keep = keep;
    this.queue = [];
    this.asked = null; // what the worker works on
    this.number = 0;
    this.worker = null;
    this.warm = [];
  }

  start() {
    if (this.worker) return;
    this.ready = false;
    this.worker = new Worker(new URL(`worker.mjs${this.keep.length ? `?keep=${this.keep.join(",")}` : ""}`, import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => this.hear(data);
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.told({ broken: event.message || "the worker could not be loaded" });
    };
  }

  hear(data) {
    if (data.ready) this.ready = true;
    if (data.id === undefined) return this.told(data);
    const { asked } = this;
    if (!asked || asked.id !== data.id) return;
    this.asked = null;
    if (data.failed !== undefined) asked.done({ failed: data.failed });
    else asked.done({ ...data.answer, took: data.took });
    this.next();
  }

  /** The answer to a question; null if it was replaced by a later one or stopped. */
  ask(question, given, key = question) {
    this.start();
    return new Promise((done) => {
      const at = this.queue.findIndex((waiting) => waiting.key === key);
      if (at >= 0) this.queue.splice(at, 1)[0].done(null);
      this.queue.push({ id: ++this.number, question, given, key, done });
      this.next();
    });
  }

  next() {
    if (this.asked || !this.queue.length || !this.worker) return;
    this.asked = this.queue.shift();
    this.asked.since = performance.now();
    this.worker.postMessage({ id: this.asked.id, ask: this.asked.question, given: this.asked.given });
  }

  /** For how long the present question has been worked on, in milliseconds. */
  get busy() {
    return this.asked ? performance.now() - this.asked.since : 0;
  }

  /** End the worker, whatever it does, and start another one; what waits is asked there. */
  restart({ waiting = true } = {}) {
    this.worker?.terminate();
    this.worker = null;
    const { asked, queue } = this;
    this.asked = null;
    asked?.done(null);
    if (!waiting) for (const item of queue.splice(0)) item.done(null);
    this.start();
    this.next();
  }

  /** Drop what waits under a key. */
  drop(key) {
    for (let at = this.queue.length - 1; at >= 0; at--) if (this.queue[at].key === key) this.queue.splice(at, 1)[0].done(null);
  }

  /** End the worker if it has been busy for long with an earlier question under this key. */
  unblock(key) {
    if (this.ready && this.asked?.key === key && this.busy > PATIENCE) this.restart();
  }
}
