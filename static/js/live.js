// Live parts: refreshed while somebody looks and the network is there; they say how fresh they are.
// <section data-live="20" hx-get="…" hx-trigger="live" hx-swap="outerHTML">… <p data-live-note></p></section>

const words = JSON.parse(document.querySelector('meta[name="studio-words"]')?.content || "{}");
const fresh = new WeakMap();
const asked = new WeakMap();
const STALE_AFTER = 3;

function fill(text, values) {
  return text.replace(/%\((\w+)\)d/g, (_, name) => String(values[name]));
}

function elapsed(seconds) {
  const minutes = Math.max(0, Math.floor(seconds / 60));
  if (minutes >= 1440) return fill(words.days, { days: Math.floor(minutes / 1440), hours: Math.floor(minutes / 60) % 24 });
  if (minutes >= 60) return fill(words.hours, { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  return fill(words.minutes, { minutes });
}

// The server's clock and this one may differ: the server says how many seconds it was, we count on from there.
const seen = new WeakMap();

// To the second, as a clock shows it: 4:05, 1:04:05.
function seconds(passed) {
  const whole = Math.max(0, Math.floor(passed));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60) % 60;
  if (whole >= 3600) return `${Math.floor(whole / 3600)}:${two(minutes)}:${two(whole % 60)}`;
  return `${minutes}:${two(whole % 60)}`;
}

function count(time) {
  if (!seen.has(time)) seen.set(time, Date.now());
  const passed = Number(time.dataset.elapsed) + (Date.now() - seen.get(time)) / 1000;
  const text = "seconds" in time.dataset ? seconds(passed) : elapsed(passed);
  if (time.textContent !== text) time.textContent = text;
}

function tick() {
  document.querySelectorAll("time[data-elapsed]").forEach(count);
  for (const part of document.querySelectorAll("[data-live]")) {
    if (!fresh.has(part)) fresh.set(part, Date.now());
    const every = Number(part.dataset.live) * 1000;
    const age = Date.now() - fresh.get(part);
    const waited = Date.now() - (asked.get(part) || fresh.get(part));
    const busy = part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
    const open = part.querySelector("details[open]");
    if (!document.hidden && navigator.onLine && !busy && !open && waited >= every) {
      asked.set(part, Date.now());
      part.dispatchEvent(new CustomEvent("live"));
    }
    const note = part.querySelector("[data-live-note]");
    if (!note) continue;
    const stale = age > every * STALE_AFTER;
    note.classList.toggle("live-note--stale", stale);
    note.textContent = stale
      ? fill(words.stale, { minutes: Math.max(1, Math.round(age / 60000)) })
      : fill(words.updated, { seconds: Math.round(age / 1000) });
  }
}

function network() {
  document.querySelectorAll("[data-offline]").forEach((note) => {
    note.hidden = navigator.onLine;
  });
}

document.addEventListener("htmx:afterSettle", (event) => {
  const part = event.detail.elt.closest?.("[data-live]");
  if (part) fresh.set(part, Date.now());
  tick();
});
// An empty answer: it is as it was, and that is new.
document.addEventListener("htmx:afterRequest", (event) => {
  const part = event.detail.elt.closest?.("[data-live]");
  if (part && event.detail.xhr?.status === 204) fresh.set(part, Date.now());
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) tick();
});
window.addEventListener("online", network);
window.addEventListener("offline", network);

network();
tick();
window.setInterval(tick, 1000);
