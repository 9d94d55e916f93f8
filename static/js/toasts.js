// Messages: what went well leaves by itself, what went wrong stays until it is sent away.

const STAY_MS = 7000;
const region = document.getElementById("toasts");
const words = JSON.parse(document.querySelector('meta[name="studio-words"]')?.content || "{}");

function leaveLater(toast) {
  let timer = 0;
  const start = () => {
    timer = window.setTimeout(() => toast.remove(), STAY_MS);
  };
  const stop = () => window.clearTimeout(timer);
  for (const hold of ["pointerenter", "focusin"]) toast.addEventListener(hold, stop);
  for (const go of ["pointerleave", "focusout"]) toast.addEventListener(go, start);
  start();
}

function greet(toast) {
  const stays = toast.dataset.toast === "error" || toast.dataset.toast === "warning" || toast.querySelector("form");
  if (!stays) leaveLater(toast);
}

function show(level, text) {
  const toast = document.createElement("div");
  toast.className = `toast toast--${level}`;
  toast.dataset.toast = level;
  const body = document.createElement("div");
  body.className = "toast__text";
  body.textContent = text;
  const close = document.createElement("button");
  close.className = "text-button small";
  close.type = "button";
  close.dataset.dismiss = "";
  close.textContent = words.close;
  toast.append(body, close);
  region.append(toast);
}

if (region) {
  region.querySelectorAll("[data-toast]").forEach(greet);
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) {
        if (node.nodeType === Node.ELEMENT_NODE && node.matches("[data-toast]")) greet(node);
      }
    }
  }).observe(region, { childList: true });
}

document.addEventListener("click", (event) => {
  event.target.closest?.("[data-dismiss]")?.closest("[data-toast]")?.remove();
});

// Other scripts say something by this event: {level, text}.
document.addEventListener("studio:say", (event) => {
  if (region) show(event.detail.level, event.detail.text);
});
