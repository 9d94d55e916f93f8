// Times that suit: the order in which they are ticked is the order of preference, and no more than a few.
// Without this script they count from the earliest to the latest.

const form = document.querySelector("[data-wishes]");
const order = form?.elements.order;

function draw(boxes, most) {
  const chosen = order.value.split(",").filter((value) => boxes.some((box) => box.value === value && box.checked));
  for (const box of boxes) if (box.checked && !chosen.includes(box.value)) chosen.push(box.value);
  order.value = chosen.join(",");
  for (const box of boxes) {
    const place = chosen.indexOf(box.value);
    if (place < 0) delete box.parentElement.dataset.place;
    else box.parentElement.dataset.place = place + 1;
    box.disabled = place < 0 && chosen.length >= most;
  }
}

if (form && order) {
  const boxes = [...form.querySelectorAll('input[name="times"]')];
  const most = Number(form.dataset.wishes);
  form.addEventListener("change", () => draw(boxes, most));
  window.addEventListener("pageshow", () => draw(boxes, most));
  draw(boxes, most);
}
