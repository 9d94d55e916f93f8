// Shortcuts: / to search, ? for the list, Ctrl or ⌘ K to search from anywhere.
// Single keys are off in fields, while Chinese is being composed, and where the person switched them off.
// <button data-key="alt+3" aria-keyshortcuts="Alt+3">: pressed by Alt and the key, also while typing.

const OFF = "shouwen:keys-off";
const dialog = document.getElementById("keys");
const search = document.querySelector("[data-search]");

function areOff() {
  try {
    return localStorage.getItem(OFF) === "1";
  } catch {
    return false;
  }
}

function typing(event) {
  return (
    event.isComposing ||
    event.keyCode === 229 ||
    event.target.closest?.('input, textarea, select, [contenteditable="true"]') ||
    document.querySelector("dialog[open]")
  );
}

function find(event) {
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
}

// What stands on the key itself: with Alt (⌥) some keyboards write another sign.
function nameOf(event) {
  return event.code.replace(/^(Key|Digit|Numpad)/, "").toLowerCase();
}

function keyed(event) {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return null;
  if (areOff() || document.querySelector("dialog[open]")) return null;
  const wanted = `alt+${nameOf(event)}`;
  const found = [...document.querySelectorAll("[data-key]")];
  return found.find((one) => one.dataset.key === wanted && !one.disabled && one.getClientRects().length);
}

// The keys of this page's own buttons, below those that hold everywhere.
function list() {
  const keys = dialog?.querySelector(".keys");
  keys?.querySelectorAll("[data-of-page]").forEach((row) => row.remove());
  for (const button of document.querySelectorAll("[data-key]")) {
    const row = document.createElement("div");
    const [what, key, hint] = ["dt", "dd", "kbd"].map((name) => document.createElement(name));
    const name = button.cloneNode(true);
    name.querySelector("kbd")?.remove();
    what.textContent = name.textContent.trim();
    hint.textContent = button.getAttribute("aria-keyshortcuts").replace("+", " ");
    key.append(hint);
    row.dataset.ofPage = "";
    row.append(what, key);
    keys?.append(row);
  }
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  const button = keyed(event);
  if (button) {
    event.preventDefault();
    if (event.repeat) return;
    button.focus();
    button.click();
    return;
  }
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    find(event);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || areOff() || typing(event)) return;
  if (event.key === "/") find(event);
  if (event.key === "?") {
    event.preventDefault();
    list();
    dialog?.showModal();
  }
});

search?.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing && !search.value) search.blur();
});

const choice = dialog?.querySelector("[data-keys-switch]");
if (choice) {
  choice.checked = !areOff();
  choice.addEventListener("change", () => {
    try {
      if (choice.checked) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "1");
    } catch {
      // Without a store the choice lasts as long as the page.
    }
  });
}
