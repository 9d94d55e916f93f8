// The seconds that a caller waits (R9.6): counted on here, with the word for "too long" when it is so.
// <span data-ring data-limit="30"><span data-ring-ok>…</span><span data-ring-bad hidden>…</span><time data-seconds="12">0:12</time></span>

const seen = new WeakMap();

function count(ring) {
  const time = ring.querySelector("time[data-seconds]");
  if (!time) return;
  if (!seen.has(time)) seen.set(time, Date.now());
  const seconds = Math.floor(Number(time.dataset.seconds) + (Date.now() - seen.get(time)) / 1000);
  if (seconds < 0) return;
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if (time.textContent !== text) time.textContent = text;
  const limit = Number(ring.dataset.limit);
  if (!limit) return;
  const late = seconds >= limit;
  const ok = ring.querySelector("[data-ring-ok]");
  const bad = ring.querySelector("[data-ring-bad]");
  if (ok && ok.hidden !== late) ok.hidden = late;
  if (bad && bad.hidden === late) bad.hidden = !late;
}

function tick() {
  document.querySelectorAll("[data-ring]").forEach(count);
}

document.addEventListener("htmx:afterSettle", tick);
tick();
window.setInterval(tick, 1000);
