// Rows to choose from: all of a page at once, and how many are chosen.
// <form data-chooses>… <input type="checkbox" data-choose-all> … <span data-chosen="Chosen: %(number)d"></span></form>

const boxes = (form) => [...form.querySelectorAll('tbody input[type="checkbox"]')];

function count(form) {
  const all = boxes(form);
  const number = all.filter((box) => box.checked).length;
  const head = form.querySelector("[data-choose-all]");
  if (head) {
    head.checked = number > 0 && number === all.length;
    head.indeterminate = number > 0 && number < all.length;
  }
  const note = form.querySelector("[data-chosen]");
  if (note) note.textContent = note.dataset.chosen.replace("%(number)d", String(number));
}

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-chooses]");
  if (!form) return;
  if (event.target.matches("[data-choose-all]")) {
    for (const box of boxes(form)) box.checked = event.target.checked;
  }
  count(form);
});

document.querySelectorAll("form[data-chooses]").forEach(count);
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-chooses]").forEach(count));
