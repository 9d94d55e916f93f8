// Counting the drawer: pieces become sums while they are typed. Without this the button "Count" does it.

const form = document.querySelector("[data-money]");

function words(amount) {
  const language = document.documentElement.lang || "en";
  try {
    const style = { style: "currency", currency: form.dataset.money, currencyDisplay: "narrowSymbol" };
    const whole = Number.isInteger(amount) ? { minimumFractionDigits: 0, maximumFractionDigits: 0 } : {};
    return new Intl.NumberFormat(language, { ...style, ...whole }).format(amount);
  } catch {
    return amount.toFixed(2);
  }
}

function add() {
  let cents = 0;
  let counted = false;
  for (const field of form.querySelectorAll("[data-piece]")) {
    const pieces = field.value.trim();
    const sum = form.querySelector(`output[for="${CSS.escape(field.id)}"]`);
    if (!/^\d{1,4}$/.test(pieces)) {
      sum.textContent = "";
      continue;
    }
    const together = Number(pieces) * Math.round(Number(field.dataset.piece) * 100);
    cents += together;
    counted = true;
    sum.textContent = words(together / 100);
  }
  for (const total of form.querySelectorAll("[data-pieces-sum]")) {
    total.textContent = counted ? words(cents / 100) : "";
  }
}

form?.addEventListener("input", (event) => {
  if (event.target.matches("[data-piece]")) add();
});
