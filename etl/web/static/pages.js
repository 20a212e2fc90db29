// What the keyboard does on every page: j and k walk through rows, Enter opens one, Ctrl+Z presses the button that undoes.
"use strict";

const typing = (element) => element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const seen = (element) => element.getClientRects().length > 0;

function walk(step) {
  const rows = [...document.querySelectorAll("[data-row]")].filter(seen);
  if (!rows.length) return false;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1);
  rows[next].tabIndex = 0;
  rows[next].focus();
  rows[next].scrollIntoView({ block: "nearest" });
  return true;
}

function open() {
  const row = document.activeElement;
  if (!row.matches("[data-row]")) return false; // a link or a button in it does what it does
  const link = row.querySelector("[data-open], a[href]");
  if (link) link.click();
  return Boolean(link);
}

function undo() {
  const button = [...document.querySelectorAll("[data-undo]:not(:disabled)")].find(seen);
  if (button) button.click();
  return Boolean(button);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || typing(event.target)) return;
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  const done =
    plain && event.key === "j" ? walk(1)
    : plain && event.key === "k" ? walk(-1)
    : plain && event.key === "Enter" ? open()
    : (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key === "z" ? undo()
    : false;
  if (done) event.preventDefault();
});

// Who cannot see a part of the page change is told: a part says it by an element with data-said.
document.addEventListener("htmx:after:swap", () => {
  const said = [...document.querySelectorAll("main [data-said]")].pop();
  if (said) document.getElementById("said").textContent = said.dataset.said || said.textContent;
});
