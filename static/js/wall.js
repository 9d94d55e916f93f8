// The wall turns its pages by itself where more parties are here than it holds; its clock is the house's.

const TURN_MS = 10000;
let page = 0;
let clock = null;

function show() {
  const hall = document.getElementById("house");
  const pages = [...(hall?.querySelectorAll("[data-page]") ?? [])];
  if (!pages.length) return;
  page %= pages.length;
  pages.forEach((one, number) => {
    one.hidden = number !== page;
  });
  const note = hall.querySelector("[data-page-number]");
  note.hidden = pages.length < 2;
  note.textContent = `${page + 1}/${pages.length}`;
}

function tell() {
  const face = document.querySelector("[data-clock]");
  if (!face) return;
  // Read again with each new state of the board: nobody sets the clock of a screen on a wall.
  if (clock?.said !== face.dataset.clock) clock = { said: face.dataset.clock, steady: performance.now() };
  const now = new Date(Number(clock.said) * 1000 + performance.now() - clock.steady);
  face.textContent = now.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: face.dataset.zone });
}

document.addEventListener("htmx:afterSettle", () => {
  show();
  tell();
});
window.setInterval(() => {
  page += 1;
  show();
}, TURN_MS);
window.setInterval(tell, 1000);
show();
tell();
