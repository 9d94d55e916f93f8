// Forms: one press is one press, and after an answer with errors the first wrong field has the focus.

const words = JSON.parse(document.querySelector('meta[name="studio-words"]')?.content || "{}");
const STUCK_MS = 12000;

function buttonsOf(form) {
  return [...form.elements].filter((element) => element.type === "submit" || element.type === "image");
}

function hold(form, pressed) {
  for (const button of buttonsOf(form)) {
    if (button.disabled) continue;
    button.disabled = true;
    button.dataset.held = "";
  }
  pressed?.setAttribute("aria-busy", "true");
}

function release(form) {
  for (const button of buttonsOf(form)) {
    if (!("held" in button.dataset)) continue;
    button.disabled = false;
    delete button.dataset.held;
    button.removeAttribute("aria-busy");
  }
}

// Held only after the browser has gathered the values, the pressed button's own among them.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
  window.setTimeout(() => hold(form, event.submitter));
  // An answer that is a file leaves the page as it is.
  window.setTimeout(() => release(form), STUCK_MS);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt.closest?.("form");
  if (form && event.detail.requestConfig.verb !== "get") {
    hold(form, event.detail.requestConfig.triggeringEvent?.submitter);
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest?.("form");
  if (form) release(form);
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form").forEach(release);
});

function focusFirstWrong(root) {
  const wrong =
    root.querySelector("[data-form-errors]") ||
    root.querySelector('[aria-invalid="true"]:not([type="hidden"]):not(:disabled)') ||
    (root.matches?.("[data-conflict]") ? root : root.querySelector("[data-conflict]:not([data-specimen] *)"));
  if (!wrong) return false;
  wrong.focus();
  wrong.scrollIntoView({ block: "center" });
  return true;
}

focusFirstWrong(document);

// The focus survives a swap: htmx keeps it for elements with an id, this finds the twin of the others.
let lost = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  const at = document.activeElement;
  if (!at || !event.detail.target.contains(at) || at.id) return;
  const part = ["href", "name", "value", "data-key"]
    .filter((name) => at.hasAttribute(name))
    .map((name) => `[${name}="${CSS.escape(at.getAttribute(name))}"]`)
    .join("");
  lost = part ? at.localName + part : null;
});

document.addEventListener("htmx:afterSettle", (event) => {
  if ([409, 422].includes(event.detail.xhr?.status) && focusFirstWrong(event.detail.elt)) return;
  if (lost && document.activeElement === document.body) document.querySelector(lost)?.focus();
  lost = null;
});

// Signed out meanwhile: the answer is the sign-in page, which is no fragment. Go there, and come back.
document.addEventListener("htmx:beforeSwap", (event) => {
  const signIn = document.body.dataset.signIn;
  const path = event.detail.xhr.responseURL ? new URL(event.detail.xhr.responseURL).pathname : "";
  if (!signIn || path !== signIn) return;
  event.detail.shouldSwap = false;
  const here = window.location.pathname + window.location.search;
  window.location.assign(`${signIn}?next=${encodeURIComponent(here)}`);
});

document.addEventListener("htmx:responseError", (event) => {
  const text = { 403: words.forbidden, 404: words.gone }[event.detail.xhr.status] || words.failed;
  document.dispatchEvent(new CustomEvent("studio:say", { detail: { level: "error", text } }));
});

document.addEventListener("htmx:sendError", () => {
  document.dispatchEvent(new CustomEvent("studio:say", { detail: { level: "error", text: words.failed } }));
});
