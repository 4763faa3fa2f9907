"use strict";
// Steps through the two passes: parts of the picture with a later number are hidden, those of this step are marked.
const figure = document.querySelector("figure[data-steps]");
if (figure) {
  const total = Number(figure.dataset.steps);
  const items = [...document.querySelectorAll(".passes li")];
  const status = figure.querySelector("[role=status]");
  const controls = figure.querySelector(".controls");
  let step = total;
  const after = []; // what the page says behind the passes: rules, answer, check
  for (let part = document.querySelector(".passes")?.nextElementSibling; part; part = part.nextElementSibling) after.push(part);
  const numbers = (part) => (part.dataset.step ?? part.dataset.steps).split(" ").map(Number);
  const show = (wanted) => {
    step = Math.max(0, Math.min(total, wanted));
    const whole = step === total;
    for (const part of figure.querySelectorAll("svg [data-step]")) {
      part.classList.toggle("later", numbers(part)[0] > step);
      part.classList.toggle("now", !whole && numbers(part)[0] === step);
    }
    for (const part of figure.querySelectorAll("svg [data-steps]")) part.classList.toggle("now", !whole && numbers(part).includes(step));
    items.forEach((item, k) => {
      item.classList.toggle("later", k + 1 > step);
      item.classList.toggle("now", !whole && k + 1 === step);
      if (k + 1 === step) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
    for (const part of after) part.classList.toggle("later", !whole);
    const text = step > 0 ? items[step - 1].dataset.text : "the leaves";
    status.textContent = `Step ${step} of ${total}: ${text}`;
  };
  const actions = { first: () => show(0), back: () => show(step - 1), next: () => show(step === total ? 1 : step + 1), all: () => show(total) };
  for (const button of controls.querySelectorAll("button")) button.addEventListener("click", actions[button.value]);
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select")) return;
    if (event.key === "ArrowRight") actions.next();
    else if (event.key === "ArrowLeft") actions.back();
    else return;
    event.preventDefault();
  });
  controls.hidden = false;
}
