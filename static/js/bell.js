// The bell: a short sound when something new has rung since the last look, once for all windows of a person,
// and never before they have touched the page. What it says is read out politely.
// <div id="bell" data-live="20" data-newest="17" data-sounds="on" data-says="3 new">

const EVERY_MS = 20000;
const who = document.body.dataset.user || "";
const HEARD = `bell.heard.${who}`;
const ASKED = `bell.asked.${who}`;
let waiting = false;

const bell = () => document.getElementById("bell");
const newest = () => Number(bell()?.dataset.newest ?? NaN);

function kept(key) {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key, value) {
  try {
    window.localStorage.setItem(key, String(value));
  } catch {
    // A browser that keeps nothing: it rings in each window.
  }
}

// Two soft strokes, drawn here: no file to fetch.
function sound() {
  const Context = window.AudioContext;
  if (!Context) return;
  const context = new Context();
  const volume = context.createGain();
  volume.connect(context.destination);
  for (const [pitch, after] of [[880, 0], [1174.66, 0.16]]) {
    const stroke = context.createOscillator();
    const start = context.currentTime + after;
    stroke.frequency.value = pitch;
    stroke.connect(volume);
    stroke.start(start);
    stroke.stop(start + 0.5);
  }
  volume.gain.setValueAtTime(0.12, context.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.0001, context.currentTime + 0.7);
  window.setTimeout(() => context.close(), 1200);
}

function ring() {
  const at = bell();
  const number = newest();
  const heard = kept(HEARD);
  if (!at || Number.isNaN(number)) return;
  if (heard === null || Number(heard) >= number) {
    if (heard === null) keep(HEARD, number);
    return;
  }
  if (!navigator.userActivation?.hasBeenActive) {
    waiting = true;
    return;
  }
  keep(HEARD, number);
  const says = document.getElementById("bell-says");
  if (says) says.textContent = at.dataset.says || "";
  if (at.dataset.sounds === "on" && at.getClientRects().length) sound();
  document.dispatchEvent(new CustomEvent("studio:rang", { detail: { sounds: at.dataset.sounds } }));
}

// Only one window of a person at a time, where the browser has such a lock.
function alone(then) {
  if (navigator.locks) navigator.locks.request(HEARD, then);
  else then();
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt.id !== "bell") return;
  keep(ASKED, Date.now());
  alone(ring);
});

for (const touch of ["pointerup", "keyup"]) {
  document.addEventListener(touch, () => {
    if (!waiting) return;
    waiting = false;
    alone(ring);
  });
}

// Live parts rest while nobody looks; the bell is for just that moment. One window asks for all of them.
window.setInterval(() => {
  if (!document.hidden || !navigator.onLine || Date.now() - Number(kept(ASKED) || 0) < EVERY_MS) return;
  keep(ASKED, Date.now());
  bell()?.dispatchEvent(new CustomEvent("live"));
}, EVERY_MS);
