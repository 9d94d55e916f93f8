// Dialogs and menus: open by a button, close by Escape, by a press outside, or by the server's word.

document.addEventListener("click", (event) => {
  const target = event.target;
  const opener = target.closest?.("[data-opens]");
  if (opener) {
    opener.closest("details.menu")?.removeAttribute("open");
    document.getElementById(opener.dataset.opens)?.showModal();
  }
  if (target.closest?.("[data-close]")) target.closest("dialog")?.close();
  if (target.matches?.("dialog.dialog") && outside(target, event)) target.close();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(target)) menu.removeAttribute("open");
  }
});

function outside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.removeAttribute("open");
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
  }
});

// What htmx puts into a dialog opens it.
document.addEventListener("htmx:afterSwap", (event) => {
  const dialog = event.detail.target.closest?.("dialog");
  if (dialog && !dialog.open && event.detail.target.childElementCount) dialog.showModal();
});

document.addEventListener("dialog-close", () => {
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
});

const shared = document.getElementById("dialog");
shared?.addEventListener("close", () => document.getElementById("dialog-body").replaceChildren());

// A sheet is printed by a button.
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-print]")) window.print();
});
