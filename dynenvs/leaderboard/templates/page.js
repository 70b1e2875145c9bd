"use strict";
// Everything is readable without this script: it adds sorting, filtering and the choice of a theme.

const root = document.documentElement;

function storedTheme() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null; // storage may be forbidden, also for files opened from disk
  }
}

function storeTheme(theme) {
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // then the choice lasts as long as the page
  }
}

function follow(theme) {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
}

function isDark() {
  return (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
}

function setUpTheme(button) {
  const label = () => { button.textContent = isDark() ? "Light theme" : "Dark theme"; };
  button.hidden = false;
  label();
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    storeTheme(root.dataset.theme);
    label();
  });
  addEventListener("storage", ({ key, newValue }) => { // chosen in another tab
    if (key === "theme") follow(newValue);
    label();
  });
}

function compare(kind, a, b) {
  return kind === "number" ? Number(a) - Number(b) : a.localeCompare(b, "en");
}

function sortBy(table, header) {
  const column = [...header.parentNode.children].indexOf(header);
  const opposite = { ascending: "descending", descending: "ascending" };
  const order = opposite[header.getAttribute("aria-sort")] ?? header.dataset.first;
  const body = table.tBodies[0];
  const value = (row) => row.cells[column].dataset.value;
  const present = [...body.rows].filter((row) => value(row) !== "");
  const missing = [...body.rows].filter((row) => value(row) === ""); // they come last, either way
  const sign = order === "ascending" ? 1 : -1;
  present.sort((a, b) => sign * compare(header.dataset.sort, value(a), value(b)));
  body.append(...present, ...missing);
  for (const other of header.parentNode.children) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", order);
}

function setUpSorting(table) {
  for (const header of table.querySelectorAll("th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => sortBy(table, header));
  }
}

function setUpFilter(table, controls, status) {
  const buttons = [...controls.querySelectorAll("button")];
  const search = controls.querySelector("input");
  const rows = [...table.tBodies[0].rows];
  const show = () => {
    const { kind } = buttons.find((button) => button.ariaPressed === "true").dataset;
    const words = search.value.toLowerCase().split(/\s+/);
    for (const row of rows) {
      const found = words.every((word) => row.dataset.policy.toLowerCase().includes(word));
      row.hidden = !found || (kind !== "" && row.dataset.kind !== kind);
    }
    const shown = rows.filter((row) => !row.hidden).length;
    status.textContent = shown < rows.length ? `${shown} of ${rows.length} entries.` : "";
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const other of buttons) other.ariaPressed = String(other === button);
      show();
    });
  }
  search.addEventListener("input", show);
  controls.hidden = false;
}

function setUpScrolling(box) {
  const look = () => {
    const more = box.scrollWidth > box.clientWidth + 1;
    box.toggleAttribute("data-more", more); // the style sheet shows a hint then
    box.tabIndex = more ? 0 : -1; // what does not scroll needs no stop of the keyboard
  };
  new ResizeObserver(look).observe(box); // it looks at once, too, and when an entry is opened
}

follow(storedTheme());

document.addEventListener("DOMContentLoaded", () => {
  setUpTheme(document.querySelector(".theme"));
  for (const box of document.querySelectorAll(".scroll")) setUpScrolling(box);
  const table = document.querySelector(".ranking");
  if (table) {
    setUpSorting(table);
    setUpFilter(table, document.querySelector(".controls"), document.querySelector(".status"));
  }
});
