// What is typed into a form with data-draft survives a reload, in this browser, for this person, for a day.
// Never kept: passwords, hidden fields, one-time codes, files.

const words = JSON.parse(document.querySelector('meta[name="studio-words"]')?.content || "{}");
const ROOT = "shouwen:draft:";
const SENT = "shouwen:sent";
const DAY_MS = 86400000;
const person = document.body.dataset.user || "";

function stored(area, key) {
  try {
    return JSON.parse(area.getItem(key));
  } catch {
    return null;
  }
}

function store(area, key, value) {
  try {
    if (value === null) area.removeItem(key);
    else area.setItem(key, JSON.stringify(value));
  } catch {
    // A full or forbidden store costs the draft, never the form.
  }
}

function keys(area) {
  try {
    return Object.keys(area).filter((key) => key.startsWith(ROOT));
  } catch {
    return [];
  }
}

function keeps(field) {
  return (
    field.name &&
    !field.disabled &&
    !["hidden", "password", "file", "submit", "button", "image", "reset"].includes(field.type) &&
    field.autocomplete !== "one-time-code" &&
    !field.closest("[data-no-draft]")
  );
}

const isBox = (field) => field.type === "checkbox" || field.type === "radio";

function read(form) {
  return [...form.elements].filter(keeps).map((field) => [field.name, field.value, isBox(field) ? field.checked : null]);
}

function write(form, values) {
  let changed = false;
  const used = new Map();
  for (const [name, value, checked] of values) {
    const twins = [...form.elements].filter((field) => field.name === name && keeps(field));
    if (checked !== null) {
      const box = twins.find((field) => isBox(field) && field.value === value);
      if (box && box.checked !== checked) {
        box.checked = checked;
        changed = true;
      }
      continue;
    }
    const place = used.get(name) || 0;
    used.set(name, place + 1);
    const field = twins[place];
    if (field && !isBox(field) && field.value !== value) {
      field.value = value;
      changed = true;
    }
  }
  return changed;
}

function tell(form, key, at) {
  const note = document.createElement("p");
  note.className = "draft-note";
  note.setAttribute("role", "status");
  const time = new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  const text = document.createElement("span");
  text.textContent = words.draft.replace("%(time)s", time);
  const afresh = document.createElement("button");
  afresh.type = "button";
  afresh.className = "text-button";
  afresh.textContent = words.afresh;
  afresh.addEventListener("click", () => {
    store(localStorage, key, null);
    form.reset();
    note.remove();
    form.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  });
  note.append(text, afresh);
  form.prepend(note);
}

function watch(form) {
  const key = `${ROOT}${person}:${form.dataset.draft}`;
  const draft = stored(localStorage, key);
  const answered = "answered" in form.dataset || form.querySelector('[aria-invalid="true"], [data-form-errors]');
  if (draft && !answered && write(form, draft.values)) {
    tell(form, key, draft.at);
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }
  let timer = 0;
  form.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => store(localStorage, key, { at: Date.now(), values: read(form) }), 250);
  });
  form.addEventListener("submit", () => {
    window.clearTimeout(timer);
    store(localStorage, key, { at: Date.now(), values: read(form) });
    store(sessionStorage, SENT, [...new Set([...(stored(sessionStorage, SENT) || []), key])]);
  });
}

// A form that was sent is done with when the next page is another one, or says that it went well.
function settle() {
  const here = new Set([...document.querySelectorAll("form[data-draft]")].map((form) => `${ROOT}${person}:${form.dataset.draft}`));
  const well = document.querySelector('[data-toast="success"]');
  for (const key of stored(sessionStorage, SENT) || []) {
    if (!here.has(key) || well) store(localStorage, key, null);
  }
  store(sessionStorage, SENT, null);
}

// A tablet is passed round: nobody finds what somebody else typed, and a day is long enough.
function tidy() {
  for (const key of keys(localStorage)) {
    const draft = stored(localStorage, key);
    const mine = key.startsWith(`${ROOT}${person}:`);
    if ((person && !mine) || !draft || Date.now() - draft.at > DAY_MS) store(localStorage, key, null);
  }
}

document.addEventListener("submit", (event) => {
  if ("forgetsDrafts" in event.target.dataset) keys(localStorage).forEach((key) => store(localStorage, key, null));
});

settle();
tidy();
document.querySelectorAll("form[data-draft]").forEach(watch);
document.addEventListener("htmx:load", (event) => {
  const root = event.detail.elt;
  if (root === document.body) return;
  const forms = [...root.querySelectorAll("form[data-draft]")];
  if (root.matches("form[data-draft]")) forms.push(root);
  forms.forEach(watch);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest?.("form[data-draft]");
  if (form && event.detail.successful) store(localStorage, `${ROOT}${person}:${form.dataset.draft}`, null);
});
