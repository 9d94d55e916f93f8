// Hand-to-hand without network (F9): what is pressed while the network is gone is kept here with its true time,
// shown at once, and sent when the network is back.
//
// <form method="post" action="…" data-kept="accept" data-kept-order="17" data-kept-for="Mr Zhang">
//
// Kept are the fields that the server asks for (workflow/late_kept.py), never a PIN and never a badge. Whose press
// it was stands beside them; on a shared tablet they prove it by PIN when the network is back.

const part = document.getElementById("kept");
const ASK_MS = 3000;
const FIRST_PAUSE_MS = 4000;
const LONGEST_PAUSE_MS = 60000;
const SLEPT_MS = 2000;
const FIELDS = ["members", "hand_off", "to", "look", "place", "escort", "why"];
const FINAL = new Set(["carried_out", "clash", "settled"]);

const says = part?.dataset ?? {};
const KEY = `shouwen:kept:${says.branch}:${says.user}`;
let unstored = null;
let pause = FIRST_PAUSE_MS;
let timer = 0;
let reached = true;
let sending = false;

// --- The time ---------------------------------------------------------------------------------
// The server's time is counted on by the clock that nobody can set. It rests while a tablet sleeps: then the other
// one, which does not, is ahead of it.
// The page says what time it was when it was written: that is when its first word came.
const written = performance.getEntriesByType("navigation")[0]?.responseStart ?? 0;
let set = { server: Date.parse(says.now), steady: written, wall: Date.now() - performance.now() + written };

function adjust(server) {
  set = { server, steady: performance.now(), wall: Date.now() };
}

function serverNow() {
  const steady = performance.now() - set.steady;
  const wall = Date.now() - set.wall;
  return new Date(set.server + (wall - steady > SLEPT_MS ? wall : steady));
}

function timeOf(record) {
  return new Date(record.at).toLocaleTimeString(document.documentElement.lang, {
    hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: says.zone,
  });
}

// --- What is kept -------------------------------------------------------------------------------
function kept() {
  if (unstored) return unstored;
  try {
    return JSON.parse(localStorage.getItem(KEY)) || [];
  } catch {
    return [];
  }
}

function store(records) {
  try {
    if (records.length) localStorage.setItem(KEY, JSON.stringify(records));
    else localStorage.removeItem(KEY);
    unstored = null;
  } catch {
    unstored = records; // A browser that keeps nothing: until this page is closed.
  }
  show();
}

function change(key, values) {
  store(kept().map((record) => (record.key === key ? { ...record, ...values } : record)));
}

function drop(key) {
  store(kept().filter((record) => record.key !== key));
}

function fill(text, values) {
  return text.replace(/%\((\w+)\)[sd]/g, (_, name) => String(values[name]));
}

function say(level, text) {
  document.dispatchEvent(new CustomEvent("studio:say", { detail: { level, text } }));
}

function uuid() {
  // No randomUUID on a plain address in the house: that is for secure contexts only.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function keep(form, button, moment, why) {
  const data = new FormData(form, button);
  const record = {
    key: uuid(),
    kind: form.dataset.kept,
    order: form.dataset.keptOrder,
    fields: Object.fromEntries(FIELDS.filter((name) => data.has(name)).map((name) => [name, data.getAll(name)])),
    at: moment.toISOString(),
    who: data.get("signer") || says.actor,
    label: (button?.textContent || "").trim().replace(/\s+/g, " "),
    whom: form.dataset.keptFor || "",
  };
  const twin = (one) => one.kind === record.kind && one.order === record.order
    && JSON.stringify(one.fields) === JSON.stringify(record.fields);
  if (!kept().some(twin)) store([...kept(), record]);
  say(why === "signed-out" ? "warning" : "info", fill(why === "signed-out" ? says.signedOut : says.keptNow, { time: timeOf(record) }));
  later();
}

// --- Shown --------------------------------------------------------------------------------------
function row(record) {
  const item = document.getElementById("kept-row").content.firstElementChild.cloneNode(true);
  item.dataset.key = record.key;
  const put = (name, text) => {
    item.querySelector(`[data-kept-${name}]`).textContent = text;
  };
  put("time", timeOf(record));
  put("label", record.label);
  put("whom", record.whom);
  put("says", record.says || says.waits);
  const proof = item.querySelector("[data-kept-proof]");
  proof.hidden = !record.proof;
  if (record.proof) {
    proof.querySelector("[data-kept-name]").textContent = record.name || "";
    const faces = proof.querySelector("[data-kept-faces]");
    faces.hidden = !record.faces?.length;
    faces.replaceChildren(new Option("–", ""), ...(record.faces ?? []).map(([pk, name]) => new Option(name, pk)));
  }
  item.querySelector("[data-kept-drop]").hidden = Boolean(record.proof && !record.refused);
  item.querySelector("[data-kept-drop-word]").textContent = record.refused ? says.dismiss : says.undo;
  return item;
}

function show() {
  const records = kept();
  const typing = part.contains(document.activeElement) && document.activeElement.matches("input, select");
  part.hidden = !records.length;
  part.querySelector("[data-kept-count]").textContent = records.length;
  if (!typing) part.querySelector("[data-kept-list]").replaceChildren(...records.map(row));
  document.querySelectorAll("form[data-kept]").forEach(mark);
}

// A press that waits is not pressed again.
function mark(form) {
  const own = kept().find((record) => record.kind === form.dataset.kept && record.order === form.dataset.keptOrder
    && FIELDS.every((name) => String(record.fields[name] ?? "") === String(new FormData(form).getAll(name))
      || !["hand_off", "look", "to", "members"].includes(name)));
  form.classList.toggle("is-kept", Boolean(own));
}

// --- Sent ---------------------------------------------------------------------------------------
async function ask(options = {}) {
  const asked = performance.now();
  try {
    const response = await fetch(says.url, {
      credentials: "same-origin", cache: "no-store", redirect: "manual",
      signal: AbortSignal.timeout(options.body ? 10 * ASK_MS : ASK_MS), ...options,
      headers: { Accept: "application/json", ...options.headers },
    });
    if (response.type === "opaqueredirect" || response.status === 403) return { state: "signed-out" };
    if (!response.ok) return { state: "gone" };
    const answer = await response.json();
    adjust(Date.parse(answer.now) + (options.body ? 0 : (performance.now() - asked) / 2));
    return { state: "here", ...answer };
  } catch {
    return { state: "gone" };
  }
}

async function reach() {
  const answer = navigator.onLine ? await ask() : { state: "gone" };
  reached = answer.state === "here";
  return answer;
}

function later() {
  window.clearTimeout(timer);
  if (!kept().some((record) => !record.proof && !record.refused)) return;
  timer = window.setTimeout(send, pause);
  pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
}

async function send(proof = null) {
  const records = kept().filter((record) => (proof ? record.key === proof.key : !record.proof && !record.refused));
  if (!records.length || sending) return;
  sending = true;
  try {
    await alone(() => deliver(records, proof));
  } finally {
    sending = false;
    later();
  }
}

async function deliver(records, proof) {
  const door = await reach();
  if (door.state !== "here") {
    if (door.state === "signed-out") records.forEach((record) => change(record.key, { says: says.signedOutRow }));
    return;
  }
  const bare = ({ key, kind, order, fields, at, who }) => ({ key, kind, order, fields, at, who, ...proof });
  const answer = await ask({
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": door.csrf },
    body: JSON.stringify({ records: records.map(bare) }),
  });
  if (answer.state !== "here") return;
  pause = FIRST_PAUSE_MS;
  answer.answers.forEach(settle);
  if (answer.answers.some((one) => FINAL.has(one.state))) refresh();
}

function settle(one) {
  if (one.state === "proof") {
    change(one.key, { proof: true, says: one.says, name: one.name, faces: one.faces });
  } else if (FINAL.has(one.state)) {
    drop(one.key);
    say(one.state === "clash" ? "error" : "success", one.says);
  } else {
    change(one.key, { refused: true, proof: false, says: one.says });
  }
}

// Live parts show at once how it stands now; what anybody types there stays.
function refresh() {
  document.body.dispatchEvent(new CustomEvent("house-changed"));
  for (const live of document.querySelectorAll("[data-live]")) {
    const busy = live.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
    if (!busy && live.id !== "bell") live.dispatchEvent(new CustomEvent("live"));
  }
}

function alone(then) {
  return navigator.locks ? navigator.locks.request(KEY, then) : then();
}

// --- Pressed ------------------------------------------------------------------------------------
const through = new WeakSet();
const asking = new WeakSet();

async function pressed(event) {
  const form = event.target;
  if (!form.matches("form[data-kept]") || form.hasAttribute("hx-post") || through.has(form)) return;
  event.preventDefault();
  event.stopPropagation();
  if (asking.has(form) || form.classList.contains("is-kept")) return;
  asking.add(form);
  const button = event.submitter;
  button?.setAttribute("aria-busy", "true");
  const moment = serverNow();
  const values = [...new FormData(form, button)];
  const answer = await reach();
  button?.removeAttribute("aria-busy");
  asking.delete(form);
  if (answer.state !== "here") keep(form, button, moment, answer.state);
  else if (form.isConnected && (!button || button.isConnected)) {
    through.add(form);
    form.requestSubmit(button);
    window.setTimeout(() => through.delete(form));
  } else repeat(form, values);
}

// The part of the page that it stood in was refreshed meanwhile: the press still counts.
function repeat(form, values) {
  const twin = document.createElement("form");
  Object.assign(twin, { method: "post", action: form.action, hidden: true });
  for (const [name, value] of values) {
    if (typeof value !== "string") continue;
    const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    twin.append(field);
  }
  document.body.append(twin);
  twin.submit();
}

if (part) {
  document.addEventListener("submit", pressed, true);
  part.addEventListener("submit", (event) => {
    event.preventDefault();
    const item = event.target.closest("[data-key]");
    const { pin, who } = event.target.elements;
    const proof = { key: item.dataset.key, pin: pin.value, ...(who.value ? { who: who.value } : {}) };
    pin.value = "";
    document.activeElement?.blur();
    if (proof.pin) send(proof);
  });
  part.addEventListener("click", (event) => {
    if (event.target.closest("[data-kept-drop]")) drop(event.target.closest("[data-key]").dataset.key);
  });
  window.addEventListener("online", () => {
    pause = FIRST_PAUSE_MS;
    send();
  });
  window.addEventListener("storage", (event) => {
    if (event.key === KEY) show();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) send();
  });
  document.addEventListener("htmx:afterSettle", () => document.querySelectorAll("form[data-kept]").forEach(mark));
  window.addEventListener("beforeunload", (event) => {
    if (kept().length && !(reached && navigator.onLine)) event.preventDefault();
  });
  show();
  send();
}
