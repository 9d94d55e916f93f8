// A department's tablet: what a scanner types lands in the scan field, the number pad types the PIN, and what is
// folded for customers' eyes folds again by itself. Without this script all of it works by hand.

const FOLDS_AFTER_MS = 20000;
const scan = document.querySelector("[data-scan]");
const badge = document.getElementById("id_badge");

// --- The scanner ------------------------------------------------------------------------------
// A scanner is a keyboard: its letters go to the field while nobody types elsewhere.
function isFree() {
  const at = document.activeElement;
  return !at || at === document.body || !at.matches("input, select, textarea, [contenteditable]");
}

function catchScan(event) {
  const field = scan || badge;
  if (!field || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (/^[a-z0-9]$/i.test(event.key) && isFree()) field.focus({ preventScroll: true });
}

document.addEventListener("keydown", catchScan, true);

scan?.focus({ preventScroll: true });

// --- The number pad ---------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const key = event.target.closest?.("[data-digit], [data-clear]");
  const pad = key?.closest("[data-pad]");
  const field = pad && document.getElementById(pad.dataset.pad);
  if (!field) return;
  if ("clear" in key.dataset) field.value = "";
  else if (field.value.length < Number(field.maxLength)) field.value += key.dataset.digit;
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// --- Folded again -----------------------------------------------------------------------------
document.addEventListener("toggle", (event) => {
  const part = event.target;
  if (!part.open || !part.matches?.("[data-folds]")) return;
  window.setTimeout(() => {
    part.open = false;
  }, FOLDS_AFTER_MS);
}, true);
