// Calls: whoever has just taken the line gets the number dialled; ticked calls are counted, and stay ticked.

// --- Dialling: the address ends in #dial once, right after "Call" was pressed. Only what is itself a telephone dials by itself: on
// a computer the browser would ask over the page, at each call, which program to open, and take the next press.
if (window.location.hash === "#dial") {
  window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
  if (window.matchMedia("(hover: none) and (pointer: coarse)").matches) document.querySelector("[data-dial]")?.click();
}

// --- Ticking. The boxes stand in a part that refreshes itself: it waits while something is ticked.
const boxes = () => [...document.querySelectorAll('input[form="giving"]')];

function count() {
  const note = document.querySelector("[data-ticked]");
  if (!note) return;
  const ticked = boxes().filter((box) => box.checked).length;
  note.textContent = String(ticked);
  note.hidden = ticked === 0;
}

document.addEventListener(
  "live",
  (event) => {
    if (event.target.querySelector?.('input[form="giving"]:checked')) event.stopPropagation();
  },
  true,
);
document.addEventListener("change", (event) => {
  if (event.target.matches?.('input[form="giving"]')) count();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-tick-all]")) return;
  const all = boxes();
  const tick = all.some((box) => !box.checked);
  for (const box of all) box.checked = tick;
  count();
});
document.addEventListener("htmx:afterSettle", count);
count();
