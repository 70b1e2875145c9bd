"use strict";
// All that a replay says reaches the page as text, never as HTML.

const data = JSON.parse(document.getElementById("replay").textContent);
const byId = (id) => document.getElementById(id);
const lastPlace = data.scenes.length - 1;

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

function colored(element, color, property = "backgroundColor") {
  if (color) element.style[property] = color;
  return element;
}

const number = (value, digits = 2) => Number(value.toFixed(digits)).toLocaleString("en-US").replace("-", "\u2212");
const dot = (color) => colored(make("span", "dot"), color);
const marked = ([name, color]) => [dot(color), make("bdi", "", name)];

// ---------------------------------------------------------------- the parts of a scene

function showPicture() {
  const lines = (isDark() ? data.nights : data.pictures)[current];
  byId("picture").src = `data:image/svg+xml,${encodeURIComponent(lines.map((line) => data.lines[line]).join("\n"))}`;
  byId("picture").alt = `The game: ${data.scenes[current].label}`;
}

function event({ actor, target, text, kind, color, value }) {
  const who = make("span", "who", ...marked(actor), ...(target ? [" \u2192 ", ...marked(target)] : []));
  const sort = make("span", "sort", kind);
  const line = make("li", "", make("p", "", who, " ", text), sort, make("span", "value", value));
  return colored(line, color, "borderLeftColor");
}

function enlargeOrNot() {
  const large = byId("figure").classList.toggle("large");
  byId("enlarge").setAttribute("aria-pressed", String(large));
}

function showEvents({ events }) {
  byId("events").replaceChildren(...(events.length ? events.map(event) : [make("li", "nothing", "Nothing yet.")]));
}

function showWords({ words }) {
  byId("words-section").hidden = !words.length;
  byId("words").replaceChildren(...words.map(([sender, receiver, text]) => {
    const cite = make("cite", "", receiver ? `${sender} \u2192 ${receiver}` : sender);
    return make("blockquote", "", cite, text);
  }));
}

function changed(change) {
  if (!change) return make("span", "change", "");
  const [arrow, tone] = change > 0 ? ["\u25b2", "up"] : ["\u25bc", "down"];
  const digits = Math.abs(change) < 0.1 ? 3 : 2;
  return make("span", `change ${tone}`, `${arrow} ${number(Math.abs(change), digits)}`);
}

function showTable({ rows }) {
  if (!data.columns) return;
  const texts = data.columns.map((_, column) => rows[0].cells[column][1] === null);
  const body = make("tbody", "", ...rows.map(({ mark, cells, faded }) => {
    const name = make("th", "", ...marked(mark));
    name.scope = "row";
    const others = cells.map(([text, change], k) => make("td", texts[k] ? "text" : "", text, texts[k] ? null : changed(change)));
    return make("tr", faded ? "faded" : "", name, ...others);
  }));
  const heads = data.columns.map((column, k) => {
    const head = make("th", texts[k] ? "text" : "", column);
    head.scope = "col";
    return head;
  });
  byId("table").replaceChildren(make("thead", "", make("tr", "", make("td"), ...heads)), body);
}

// ---------------------------------------------------------------- the chart

const CHART = { left: 44, right: 590, top: 10, bottom: 176, width: 600 };

function draw(tag, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}

function axis() {
  const values = data.scenes.flatMap((scene) => scene.values).filter((value) => value !== null);
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values) || (low ? 0 : 1); // where all is 0 there still is an axis
  const raw = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw);
  const ticks = [];
  for (let k = Math.ceil(low / step); k <= Math.ceil(high / step); k += 1) ticks.push(k * step);
  return { low, high: Math.max(high, ticks.at(-1)), ticks };
}

const AXIS = data.curves.length ? axis() : null;
const xOf = (place) => CHART.left + ((CHART.right - CHART.left) * place) / Math.max(1, lastPlace);
const yOf = (value) => CHART.bottom - ((value - AXIS.low) / (AXIS.high - AXIS.low)) * (CHART.bottom - CHART.top);

function curve(k) {
  const { color, main } = data.curves[k];
  const places = data.scenes.map((scene, place) => [place, scene.values[k]]).filter(([, value]) => value !== null);
  const points = places.map(([place, value]) => `${xOf(place).toFixed(1)},${yOf(value).toFixed(1)}`).join(" ");
  const line = colored(draw("polyline", { points, class: main ? "main" : "" }), color, "stroke");
  return main ? [line] : [draw("polyline", { points, class: "rim" }), line]; // pale colours need a rim on paper
}

function drawChart() {
  const chart = byId("chart");
  chart.replaceChildren();
  chart.setAttribute("viewBox", `0 0 ${CHART.width} 200`);
  for (const tick of AXIS.ticks) {
    const y = yOf(tick);
    chart.append(draw("line", { x1: CHART.left, x2: CHART.right, y1: y, y2: y, class: tick ? "grid" : "zero" }));
    chart.append(draw("text", { x: CHART.left - 8, y: y + 4, "text-anchor": "end" }, number(tick)));
  }
  for (let k = 0; k <= lastPlace; k += Math.max(1, Math.ceil((lastPlace * 30) / (CHART.right - CHART.left)))) {
    chart.append(draw("text", { x: xOf(k), y: CHART.bottom + 18, "text-anchor": "middle" }, `${k}`));
  }
  data.curves.forEach((_, k) => chart.append(...curve(k)));
  chart.append(draw("line", { class: "cursor", id: "cursor", y1: CHART.top, y2: CHART.bottom }));
  chart.append(draw("g", { id: "heads" }));
}

function fitChart() { // as wide as there is room: squeezed, its numbers could not be read
  const width = Math.max(260, Math.min(600, Math.round(byId("chart").clientWidth)));
  if (width === CHART.width && byId("cursor")) return;
  Object.assign(CHART, { width, right: width - 10 });
  drawChart();
  showCursor(data.scenes[current]);
}

function setUpChart() {
  byId("chart-section").hidden = !AXIS;
  if (!AXIS) return;
  byId("chart-title").textContent = data.curves_title;
  const chart = byId("chart");
  chart.addEventListener("click", (event) => {
    const { left, width } = chart.getBoundingClientRect();
    const x = ((event.clientX - left) / width) * CHART.width;
    moveTo(Math.round(((x - CHART.left) / (CHART.right - CHART.left)) * lastPlace));
  });
  fitChart();
  new ResizeObserver(fitChart).observe(chart);
}

function showCursor({ values, label }) {
  if (!AXIS) return;
  byId("cursor").setAttribute("x1", xOf(current));
  byId("cursor").setAttribute("x2", xOf(current));
  const heads = data.curves.map(({ color, main }, k) => values[k] === null ? null : colored(
    draw("circle", { cx: xOf(current), cy: yOf(values[k]), r: main ? 5 : 3.6, class: main ? "main" : "" }), color, "fill"));
  byId("heads").replaceChildren(...heads.filter((head) => head));
  byId("legend").replaceChildren(...data.curves.map(({ name, color }, k) =>
    make("li", "", dot(color), make("bdi", "", name), make("b", "", values[k] === null ? "" : number(values[k])))));
  byId("chart").setAttribute("aria-label", `${data.curves_title}, up to the end of the game; now: ${label}`);
}

// ---------------------------------------------------------------- the page

let current = 0;
let timer = null;

function show(place) {
  current = Math.max(0, Math.min(lastPlace, place));
  const scene = data.scenes[current];
  byId("slider").value = current;
  byId("slider").setAttribute("aria-valuetext", scene.label);
  byId("place").textContent = scene.label;
  showPicture();
  showEvents(scene);
  showWords(scene);
  showTable(scene);
  showCursor(scene);
  for (const cell of document.querySelectorAll(".cell.here")) cell.classList.remove("here");
  byId("strip").children[current].classList.add("here");
  try {
    history.replaceState(null, "", current ? `#${current}` : "#");
  } catch {
    // a browser may forbid it for files
  }
}

function setUpStrip() {
  byId("strip").append(...data.scenes.map(({ color, label }) => {
    const cell = colored(make("span", "cell"), color);
    cell.title = label;
    return cell;
  }));
  byId("strip").hidden = !data.scenes.some(({ color }) => color);
  byId("strip").addEventListener("click", (event) => {
    const { left, width } = byId("strip").getBoundingClientRect();
    moveTo(Math.floor(((event.clientX - left) / width) * data.scenes.length));
  });
}

function pause() {
  clearInterval(timer);
  timer = null;
  document.body.classList.remove("playing");
  byId("play").setAttribute("aria-label", "Play");
}

function playOrPause() {
  if (timer !== null) return pause();
  if (current === lastPlace) show(0);
  document.body.classList.add("playing");
  byId("play").setAttribute("aria-label", "Pause");
  timer = setInterval(() => (current < lastPlace ? show(current + 1) : pause()), 1100);
}

function moveTo(place) {
  pause();
  show(place);
}

const KEYS = {
  ArrowLeft: () => moveTo(current - 1),
  ArrowRight: () => moveTo(current + 1),
  Home: () => moveTo(0),
  End: () => moveTo(lastPlace),
  " ": () => playOrPause(),
};

function onKey(event) {
  const busy = event.key === " " && event.target.closest("button, input");
  const scrolls = event.target.closest(".scroll") && event.key.startsWith("Arrow"); // a wide table is read sideways
  if (!(event.key in KEYS) || busy || scrolls || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  KEYS[event.key]();
}

function isDark() {
  const { theme } = document.documentElement.dataset;
  return (theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
}

function setUpTheme() {
  const label = () => {
    byId("theme").textContent = isDark() ? "Light theme" : "Dark theme";
    showPicture();
  };
  byId("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    label();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
  label();
}

function setUp() {
  byId("env").textContent = data.env_id;
  byId("title").textContent = data.title;
  byId("about").textContent = data.about;
  byId("facts").append(...data.facts.map(([name, value]) => make("div", "", make("dt", "", name), make("dd", "", value))));
  byId("slider").max = lastPlace;
  byId("slider").style.setProperty("--steps", lastPlace);
  byId("events-title").textContent = data.events_title;
  byId("table-title").textContent = data.table_title;
  byId("events-section").hidden = !data.events_title;
  byId("table-section").hidden = !data.columns;
  byId("picture").classList.toggle("lone", !data.has_nights);
  setUpStrip();
  setUpTheme();
  byId("slider").addEventListener("input", (event) => moveTo(Number(event.target.value)));
  byId("first").addEventListener("click", KEYS.Home);
  byId("back").addEventListener("click", KEYS.ArrowLeft);
  byId("on").addEventListener("click", KEYS.ArrowRight);
  byId("last").addEventListener("click", KEYS.End);
  byId("play").addEventListener("click", playOrPause);
  byId("enlarge").addEventListener("click", enlargeOrNot);
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", () => moveTo(Number(location.hash.slice(1)) || 0));
  for (const part of document.querySelectorAll("body > [hidden]")) part.hidden = false;
  byId("notice").hidden = true;
  setUpChart(); // once there is something to measure
  show(Number(location.hash.slice(1)) || 0);
}

setUp();
