"use strict";
// One slide at a time; on a slide with a graph, keys reveal one step of the two passes after the other.
const slides = [...document.querySelectorAll(".slide")];
const status = document.querySelector(".keys [role=status]");
let at = 0;
let step = 0;
const total = (slide) => Number(slide.dataset.steps ?? 0);
const numbers = (part) => (part.dataset.step ?? part.dataset.steps).split(" ").map(Number);
const show = (slide, k) => {
  const whole = k === total(slide);
  for (const part of slide.querySelectorAll("svg [data-step]")) {
    part.classList.toggle("later", numbers(part)[0] > k);
    part.classList.toggle("now", numbers(part)[0] === k);
  }
  for (const part of slide.querySelectorAll("svg [data-steps]")) part.classList.toggle("now", numbers(part).includes(k));
  const items = [...slide.querySelectorAll(".passes li")];
  items.forEach((item, i) => {
    item.classList.toggle("later", i + 1 > k);
    item.classList.toggle("now", i + 1 === k);
  });
  for (const part of slide.querySelectorAll(".last")) part.classList.toggle("later", !whole);
  const said = k > 0 ? `, step ${k} of ${total(slide)}: ${items[k - 1].dataset.text}` : "";
  status.textContent = `${at + 1} / ${slides.length}`;
  status.setAttribute("aria-label", `${slide.getAttribute("aria-label")}${said}`);
};
const turn = (slide, k) => {
  at = Math.max(0, Math.min(slides.length - 1, slide));
  step = Math.max(0, Math.min(total(slides[at]), k));
  slides.forEach((s, i) => s.classList.toggle("shown", i === at));
  show(slides[at], step);
  history.replaceState(null, "", `#${at + 1}.${step}`);
};
const next = () => (step < total(slides[at]) ? turn(at, step + 1) : at + 1 < slides.length && turn(at + 1, 0));
const back = () => (step > 0 ? turn(at, step - 1) : at > 0 && turn(at - 1, total(slides[at - 1])));
const keys = {
  ArrowRight: next, " ": next, Enter: next, ArrowLeft: back, Backspace: back,
  PageDown: () => turn(at + 1, 0), PageUp: () => turn(at - 1, 0), Home: () => turn(0, 0), End: () => turn(slides.length - 1, Infinity),
};
document.addEventListener("keydown", (event) => {
  const pressed = event.target.closest("button") && (event.key === " " || event.key === "Enter");
  if (event.altKey || event.ctrlKey || event.metaKey || pressed || !(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});
for (const button of document.querySelectorAll(".keys button")) button.addEventListener("click", button.value === "next" ? next : back);
document.documentElement.classList.add("js");
const [slide, first] = location.hash.slice(1).split(".").map(Number);
turn(Number.isInteger(slide) ? slide - 1 : 0, first || 0);
