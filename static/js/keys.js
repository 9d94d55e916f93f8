// Shortcuts: / to search, ? for the list, Ctrl or ⌘ K to search from anywhere.
// Single keys are off in fields, while Chinese is being composed, and where the person switched them off.

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

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    find(event);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || areOff() || typing(event)) return;
  if (event.key === "/") find(event);
  if (event.key === "?") {
    event.preventDefault();
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
