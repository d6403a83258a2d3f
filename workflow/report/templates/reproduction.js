"use strict";
// Sorts and filters the table of claims. Without it the page is complete, in the paper's order.
const table = document.querySelector("#claims table");
const body = table.tBodies[0];
const rows = [...body.rows];
const form = document.querySelector(".filters");
const [text, verdict, figure] = ["text", "verdict", "figure"].map((id) =>
  document.getElementById(id),
);

function filter() {
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const row of rows) {
    const content = row.textContent.toLowerCase();
    const shown =
      (!verdict.value || row.dataset.verdict === verdict.value) &&
      (!figure.value || row.dataset.figure === figure.value) &&
      words.every((word) => content.includes(word));
    row.hidden = !shown;
    count += shown;
  }
  document.getElementById("count").value = `${count} of ${rows.length} claims`;
  document.getElementById("none").hidden = count > 0;
}

function sort(header) {
  const down = header.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", down ? "descending" : "ascending");
  // a number that is missing comes last, either way
  const key = (row) => {
    const value = parseFloat(row.dataset[header.dataset.key]);
    return Number.isNaN(value) ? Infinity : down ? -value : value;
  };
  rows.sort((a, b) => key(a) - key(b) || a.dataset.place - b.dataset.place);
  body.append(...rows);
}

for (const header of table.tHead.rows[0].cells) {
  if (!header.dataset.key) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.append(...header.childNodes);
  button.addEventListener("click", () => sort(header));
  header.append(button);
}
table.tHead.rows[0].cells[0].setAttribute("aria-sort", "ascending");
form.hidden = false;
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(filter));
const unfold = document.getElementById("unfold");
unfold.addEventListener("click", () => {
  const open = unfold.getAttribute("aria-pressed") === "false";
  unfold.setAttribute("aria-pressed", open);
  for (const details of body.querySelectorAll("details")) details.open = open;
});
// a link to a claim opens it, and shows it if it is filtered out
function arrive() {
  const row = document.getElementById(location.hash.slice(1));
  if (!rows.includes(row)) return;
  row.querySelector("details").open = true;
  if (row.hidden) form.reset();
  setTimeout(() => row.scrollIntoView());
}
addEventListener("hashchange", arrive);
arrive();
filter();
