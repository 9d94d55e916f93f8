// The schedule: blocks are dragged to another time or line, or made longer and shorter at their edges, in steps
// of a quarter of an hour. By finger after a long press; Escape leaves it where it was. Enter or a press opens
// the card of a date, m its page "Move to…". Nothing here decides anything: the server answers each drop.

const STEP = 15 * 60;
const FAR = 5;
const PRESS_MS = 350;
const NOW_MS = 20000;
const ALIKE = new Set(["floor", "location"]);
const KEYS_OFF = "shouwen:keys-off";
const SVG = "http://www.w3.org/2000/svg";

let pending = null;
let drag = null;
let swallow = false;

// --- Places and moments, in seconds -------------------------------------------------------------
function scaleOf(line) {
  const start = Number(line.dataset.start) / 1000;
  return { start, length: Number(line.dataset.minutes) * 60, box: line.getBoundingClientRect() };
}

function momentAt(line, x) {
  const { start, length, box } = scaleOf(line);
  return start + ((x - box.left) / box.width) * length;
}

function snapped(moment) {
  return Math.round(moment / STEP) * STEP;
}

function clock(line, moment) {
  // The hours stand on the page in the branch's time: the minutes are the same everywhere, the hour is read there.
  const { start } = scaleOf(line);
  const passed = Math.round((moment - start) / 60);
  const first = Number(line.dataset.clock);
  const minutes = (((first + passed) % 1440) + 1440) % 1440;
  const two = (number) => String(number).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function fits(from, line) {
  const own = from.dataset.kind;
  const other = line.dataset.kind;
  return own === other || (ALIKE.has(own) && ALIKE.has(other));
}

function lineUnder(event) {
  const found = document.elementsFromPoint(event.clientX, event.clientY).find((one) => one.closest?.("[data-line]"));
  const cell = document.elementsFromPoint(event.clientX, event.clientY).find((one) => one.matches?.("td"));
  return found?.closest("[data-line]") || cell?.querySelector("[data-line]") || null;
}

// --- The shadow that follows the pointer ---------------------------------------------------------
function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function draw() {
  drag.ghost?.remove();
  const { start, length } = scaleOf(drag.target);
  const percent = (seconds) => `${((seconds / length) * 100).toFixed(3)}%`;
  const ghost = element("svg", {
    class: "block block--ghost",
    x: percent(drag.starts - start),
    y: drag.target === drag.line ? drag.block.getAttribute("y") : 0,
    width: percent(drag.ends - drag.starts),
    height: 34,
  });
  ghost.append(element("rect", { class: "block__ground", x: 1, y: 3, width: "100%", height: 28 }));
  const words = element("text", { class: "block__words", x: 8, y: 21 });
  words.textContent = `${clock(drag.target, drag.starts)}–${clock(drag.target, drag.ends)}`;
  ghost.append(words);
  drag.target.append(ghost);
  drag.ghost = ghost;
}

function follow(event) {
  const shift = momentAt(drag.line, event.clientX) - drag.grabbed;
  if (drag.edge === "start") {
    drag.starts = Math.min(snapped(drag.was.starts + shift), drag.was.ends - STEP);
  } else if (drag.edge === "end") {
    drag.ends = Math.max(snapped(drag.was.ends + shift), drag.was.starts + STEP);
  } else {
    const under = lineUnder(event);
    // Over a line where it can't go it is back on its own, not on the one that it crossed last.
    if (under) drag.target = fits(drag.line, under) ? under : drag.line;
    // A line of another day has hours of its own.
    const days = scaleOf(drag.target).start - scaleOf(drag.line).start;
    drag.starts = snapped(drag.was.starts + shift + days);
    drag.ends = drag.starts + (drag.was.ends - drag.was.starts);
  }
  draw();
}

// --- From the press to the drop ------------------------------------------------------------------
function begin() {
  const { block, event } = pending;
  const was = { starts: Number(block.dataset.starts), ends: Number(block.dataset.ends) };
  const line = block.closest("[data-line]");
  window.clearTimeout(pending.timer);
  drag = {
    block,
    line,
    target: line,
    was,
    ...was,
    edge: event.target.dataset?.edge || "",
    grabbed: momentAt(line, event.clientX),
  };
  block.classList.add("block--lifted");
  document.documentElement.classList.add("is-dragging");
  if (event.pointerType !== "mouse") navigator.vibrate?.(10);
  draw();
  pending = null;
}

function leave() {
  window.clearTimeout(pending?.timer);
  pending = null;
  if (!drag) return;
  drag.ghost?.remove();
  drag.block.classList.remove("block--lifted");
  document.documentElement.classList.remove("is-dragging");
  drag = null;
}

function drop() {
  const { block, line, target, starts, ends, was } = drag;
  const to = target !== line && target.dataset.resource !== line.dataset.resource ? target.dataset.resource : "";
  const form = document.getElementById("place");
  if (!form || (starts === was.starts && ends === was.ends && !to)) {
    leave();
    return;
  }
  const values = {
    appointment: block.dataset.appointment,
    version: block.dataset.version,
    allocation: block.dataset.allocation,
    starts,
    ends,
    to,
    later: "",
    swap: "",
    overtime: "",
    knows: document.querySelector("[data-knows]")?.checked ? "1" : "",
    price: "",
  };
  for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
  form.requestSubmit();
  leave();
}

document.addEventListener("pointerdown", (event) => {
  const block = event.target.closest?.("[data-movable][data-block]");
  if (!block || event.button !== 0 || !document.getElementById("place") || drag) return;
  pending = { block, event };
  if (event.pointerType !== "mouse") pending.timer = window.setTimeout(begin, PRESS_MS);
});

document.addEventListener("pointermove", (event) => {
  if (pending) {
    const far = Math.hypot(event.clientX - pending.event.clientX, event.clientY - pending.event.clientY) > FAR;
    if (far && pending.event.pointerType !== "mouse") leave();
    else if (far) begin();
  }
  if (drag) follow(event);
});

document.addEventListener("pointerup", () => {
  if (drag) {
    swallow = true;
    window.setTimeout(() => {
      swallow = false;
    });
    drop();
  } else leave();
});

document.addEventListener("pointercancel", leave);
document.addEventListener("dragstart", (event) => {
  if (event.target.closest?.("[data-block]")) event.preventDefault();
});
document.addEventListener("contextmenu", (event) => {
  if (drag) event.preventDefault();
});
// While a finger holds a block the page must not scroll under it.
document.addEventListener(
  "touchmove",
  (event) => {
    if (drag) event.preventDefault();
  },
  { passive: false },
);

// --- The card, and keys --------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-card]");
  if (!link) return;
  if (swallow) {
    event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button || !window.htmx) return;
  event.preventDefault();
  window.htmx.ajax("GET", link.dataset.card, { target: "#dialog-body", swap: "innerHTML" });
});

function keysAreOff() {
  try {
    return localStorage.getItem(KEYS_OFF) === "1";
  } catch {
    return false;
  }
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && (drag || pending)) {
    event.preventDefault();
    leave();
    return;
  }
  if (event.key !== "m" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || keysAreOff()) return;
  if (event.target.closest?.("input, select, textarea")) return;
  const open = document.querySelector('dialog[open] a[aria-keyshortcuts="m"]');
  const address = open?.href || document.activeElement?.closest?.("[data-move]")?.dataset.move;
  if (address) window.location.assign(address);
});

// --- Now ------------------------------------------------------------------------------------------
const loaded = new WeakMap();

function tick() {
  const part = document.querySelector("[data-schedule]");
  if (!part) return;
  if (!loaded.has(part)) loaded.set(part, Date.now());
  const now = Number(part.dataset.now) + (Date.now() - loaded.get(part)) / 1000;
  for (const line of part.querySelectorAll("[data-line]")) {
    const mark = line.querySelector("[data-now-line]");
    const { start, length } = scaleOf(line);
    const share = (now - start) / length;
    if (share < 0 || share > 1) {
      mark?.setAttribute("visibility", "hidden");
      continue;
    }
    for (const name of ["x1", "x2"]) mark?.setAttribute(name, `${(share * 100).toFixed(3)}%`);
    mark?.removeAttribute("visibility");
  }
}

document.addEventListener("htmx:beforeRequest", (event) => {
  // A refresh would take the block out of the hand.
  if ((drag || pending) && event.detail.elt.id === "schedule") event.preventDefault();
});
document.addEventListener("htmx:afterSettle", tick);
window.setInterval(tick, NOW_MS);
tick();
