"use strict";
// All that a transcript says reaches the page as text, never as HTML.

const data = JSON.parse(document.getElementById("transcript").textContent);
const byId = (id) => document.getElementById(id);
const TONES = {
  clean: "answered as asked",
  recovered: "read out of more than was asked for",
  repaired: "answered after a repair",
  fallback: "the world's rule decided",
  silent: "no language model",
};
const CLEAN_RUNGS = ["json", "tool_call"];
const TELLING_RUNGS = ["lost_to_thinking", "cut_off"]; // they say themselves why there is no action

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

function fold(className, summary, ...children) {
  return make("details", className, make("summary", "", summary), ...children);
}

const number = (value, digits = 2) => Number(value.toFixed(digits)).toLocaleString("en-US").replace("-", "\u2212");
const plural = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;

// ---------------------------------------------------------------- what happened, over the whole game

const lastStep = data.steps.length;
const asked = (whether) => data.seats.map((_, seat) => seat).filter((seat) => data.seats[seat].asked === whether);

function notesOf(turn) {
  return { exchanges: [], fallback: false, ...turn.notes };
}

function tone(turn) {
  const { exchanges, fallback } = notesOf(turn);
  if (fallback) return "fallback";
  const answers = exchanges.filter((exchange) => exchange.rung !== null);
  if (!answers.length) return "silent";
  if (exchanges.some((exchange) => exchange.bad_reply)) return "repaired";
  return answers.every((exchange) => CLEAN_RUNGS.includes(exchange.rung)) ? "clean" : "recovered";
}

// Requests are written as what differs from the last one of the same seat: put them together once.
function wholeConversations() {
  const last = data.seats.map(() => []);
  for (const step of data.steps) {
    for (const turn of step.turns) {
      for (const exchange of notesOf(turn).exchanges) {
        exchange.whole = [...last[turn.agent].slice(0, exchange.carried), ...exchange.messages];
        last[turn.agent] = exchange.whole;
      }
    }
  }
}

function returnsUpTo(place) {
  const returns = data.seats.map(() => 0);
  for (const step of data.steps.slice(0, place)) step.rewards.forEach((reward, seat) => { returns[seat] += reward; });
  return returns;
}

function totals() {
  const sums = { decisions: 0, replies: 0, bad: 0, repairs: 0, fallbacks: 0, prompt: 0, completion: 0, usd: 0, seconds: 0 };
  for (const turn of data.steps.flatMap((step) => step.turns)) {
    const { exchanges, fallback } = notesOf(turn);
    if (!exchanges.length) continue;
    sums.decisions += 1;
    sums.fallbacks += fallback ? 1 : 0;
    for (const { reply, rung, bad_reply, purpose, usd } of exchanges) {
      sums.replies += rung === null ? 0 : 1;
      sums.bad += bad_reply ? 1 : 0;
      sums.repairs += purpose === "repair" ? 1 : 0;
      sums.prompt += reply.usage.prompt_tokens;
      sums.completion += reply.usage.completion_tokens;
      sums.usd += usd;
      sums.seconds += reply.wall_time;
    }
  }
  return sums;
}

function ending() {
  if (data.end.returns) return [...new Set(data.end.end_reasons)].join(", ");
  return data.end.unfinished ? `unfinished: ${data.end.unfinished}` : "still going on";
}

function facts() {
  const { head, end } = data;
  const sums = totals();
  const told = [["Seed", head.seed]];
  for (const [name, value] of Object.entries(head.params)) told.push([name, JSON.stringify(value)]);
  told.push(["Steps", lastStep], ["Ended by", ending()]);
  if (end.returns) told.push(["Returns", end.returns.map((value) => number(value)).join(" : ")]);
  if (sums.decisions) {
    told.push(["Valid replies", `${sums.replies - sums.bad} of ${sums.replies}`]);
    told.push(["Repairs", sums.repairs], ["Fallbacks", sums.fallbacks]);
    told.push(["Tokens read, written", `${number(sums.prompt)}, ${number(sums.completion)}`]);
    if (sums.usd) told.push(["Cost", `$${sums.usd.toPrecision(3)}`]);
  }
  told.push(["Plays again", data.verdict ? `no: ${data.verdict}` : "yes, to the same states"]);
  return told;
}

// ---------------------------------------------------------------- one exchange

const ROLES = { system: "system", user: "asked", assistant: "answered" };

function message({ role, content }) {
  return make("div", `message ${role in ROLES ? role : ""}`, make("span", "role", ROLES[role] ?? role), make("pre", "", content));
}

function question({ whole, carried }) {
  const told = carried && whole[0].role === "system" ? 1 : 0; // the rules were sent before
  const begin = Math.max(told, whole.findLastIndex((one) => one.role === "assistant") + 1); // the rest is asked now
  const [earlier, fresh] = [whole.slice(0, begin), whole.slice(begin)];
  const summary = fresh.length === 1 ? "Asked" : `Asked, in ${fresh.length} messages`;
  const past = earlier.length ? fold("past", `${plural(earlier.length, "message")} before`, ...earlier.map(message)) : null;
  return fold("asked", summary, past, ...fresh.map(message));
}

function answer({ text, tool_calls, tokens }) {
  if (tokens.length) return make("pre", "answer", ...tokens.map(token));
  const said = [text, ...tool_calls].filter((part) => part);
  return said.length ? make("pre", "answer", said.join("\n")) : make("p", "answer nothing", "no answer");
}

function token({ text, logprob, top }) {
  const share = logprob === null ? 0 : Math.exp(logprob);
  const element = make("span", `token p${Math.min(4, Math.floor(share * 5))}`, text);
  const others = top.map(([other, its]) => `${JSON.stringify(other)} ${(100 * Math.exp(its)).toFixed(1)} %`);
  element.title = [`${(100 * share).toFixed(1)} %`, ...others].join("\n");
  return element;
}

function usage({ reply, cached, usd }) {
  const { usage: { prompt_tokens, completion_tokens, estimated }, wall_time, attempts } = reply;
  const told = [`${estimated ? "about " : ""}${number(prompt_tokens)} + ${number(completion_tokens)} tokens`];
  if (cached) told.push("from the cache");
  else if (wall_time) told.push(`${number(wall_time)} s`);
  if (attempts > 1) told.push(plural(attempts, "attempt"));
  if (usd) told.push(`$${usd.toPrecision(2)}`);
  return make("span", "usage", told.join(" · "));
}

function details({ reply, schema, temperature, max_tokens, seed }) {
  const { model, finish_reason, structured } = reply;
  const told = { model, finish_reason, structured, temperature, max_tokens, seed, ...(schema ? { schema } : {}) };
  return fold("details", "Details", make("pre", "", JSON.stringify(told, null, 2)));
}

function rungBadge({ rung, bad_reply }) {
  if (rung === null) return null;
  const kind = bad_reply ? "bad" : CLEAN_RUNGS.includes(rung) ? "good" : "fair";
  const told = bad_reply && !TELLING_RUNGS.includes(rung) ? bad_reply.kind : rung;
  return make("span", `badge ${kind}`, told.replaceAll("_", " "));
}

function exchangeBlock(exchange) {
  const { reply, bad_reply } = exchange;
  return make(
    "section",
    "exchange",
    make("header", "", make("h3", "", exchange.purpose), rungBadge(exchange), usage(exchange)),
    question(exchange),
    reply.reasoning ? fold("thinking", `Thinking, ${plural(reply.reasoning.length, "character")}`, make("pre", "", reply.reasoning)) : null,
    answer(reply),
    bad_reply ? make("p", "reason", bad_reply.reason) : null,
    details(exchange),
  );
}

// ---------------------------------------------------------------- one step

function seatHead(seat, place, returns) {
  const { player, policy, color } = data.seats[seat];
  const dot = make("span", "dot");
  dot.style.background = color;
  const reward = place ? data.steps[place - 1].rewards[seat] : null;
  const earned = reward === null ? "" : `${reward >= 0 ? "+" : ""}${number(reward)}`;
  return make(
    "header",
    "",
    make("h2", "", dot, make("bdi", "", policy), make("small", "", player)),
    make("p", "earned", make("b", "", earned), ` return ${number(returns[seat])}`),
  );
}

function choice(turn) {
  const { fallback } = notesOf(turn);
  const parts = turn.chose.map(([head, value]) => make("span", "chip", make("small", "", head), value));
  return make("p", "chose", ...parts, fallback ? make("span", "badge bad", "by the world's rule") : null);
}

function letter([text, receivers]) {
  const to = receivers.map((seat) => data.seats[seat]?.player ?? `seat ${seat}`).join(", ");
  return make("blockquote", "", `${to ? `To ${to}` : "To all"}: ${text}`);
}

function seatBody(seat, place) {
  if (!place) return [make("p", "quiet", "The game has not begun.")];
  const turn = data.steps[place - 1].turns.find((one) => one.agent === seat);
  if (!turn) return [make("p", "quiet", data.seats[seat].asked ? "It was not its turn." : "Plays inside the kernel: nobody was asked.")];
  const { exchanges, fallback, ...others } = notesOf(turn);
  return [
    choice(turn),
    turn.message ? make("blockquote", "", turn.message) : null,
    ...(turn.letters ?? []).map(letter),
    ...exchanges.map(exchangeBlock),
    Object.keys(others).length ? fold("details", "Notes", make("pre", "", JSON.stringify(others, null, 2))) : null,
  ];
}

function seatCard(seat, place, returns) {
  const card = make("article", "seat", seatHead(seat, place, returns), ...seatBody(seat, place));
  card.style.borderTopColor = data.seats[seat].color;
  return card;
}

function pictureAt(place) {
  const lines = data.pictures[place];
  return lines ? `data:image/svg+xml,${encodeURIComponent(lines.map((line) => data.lines[line]).join("\n"))}` : null;
}

// ---------------------------------------------------------------- the page

let current = 0;
let timer = null;

function show(place) {
  current = Math.max(0, Math.min(lastStep, place));
  byId("slider").value = current;
  byId("place").textContent = current ? `Step ${current} of ${lastStep}` : `Start, ${plural(lastStep, "step")}`;
  const returns = returnsUpTo(current);
  for (const [place, seats] of [["seats", asked(true)], ["others", asked(false)]]) {
    byId(place).replaceChildren(...seats.map((seat) => seatCard(seat, current, returns)));
  }
  const told = current ? data.steps[current - 1].narrator : [];
  byId("others").prepend(...told.map((text) => make("blockquote", "", `Narrator: ${text}`)));
  for (const one of document.querySelectorAll(".asked")) one.open = byId("prompts").checked;
  showPicture();
  for (const cell of document.querySelectorAll(".cell.here")) cell.classList.remove("here");
  for (const strip of byId("strips").children) strip.children[current]?.classList.add("here");
  try {
    history.replaceState(null, "", current ? `#${current}` : "#");
  } catch {
    // a browser may forbid it for files
  }
}

function enlargeOrNot() {
  const large = byId("figure").classList.toggle("large");
  byId("enlarge").setAttribute("aria-pressed", String(large));
}

function showPicture() {
  const source = pictureAt(current);
  byId("picture").hidden = source === null;
  byId("enlarge").hidden = source === null;
  if (source !== null) byId("picture").src = source;
  byId("picture").alt = current ? `The game after step ${current}` : "The game before the first step";
  byId("caption").textContent = source === null ? `No picture: ${data.verdict}` : "";
}

function strip(seat) {
  const cells = data.steps.map((step, k) => {
    const turn = step.turns.find((one) => one.agent === seat);
    const kind = turn ? tone(turn) : "silent";
    const cell = make("span", `cell ${kind}`);
    cell.title = `Step ${k + 1}: ${turn ? TONES[kind] : "not asked"}`;
    return cell;
  });
  const start = make("span", "cell start"); // the place before the first step
  start.title = "Start";
  const row = make("div", "strip", start, ...cells);
  row.addEventListener("click", (event) => {
    const { left, width } = row.getBoundingClientRect();
    show(Math.floor(((event.clientX - left) / width) * (lastStep + 1)));
  });
  return row;
}

function setUpStrips() {
  byId("strips").append(...asked(true).map(strip));
  const seen = new Set(data.steps.flatMap((step) => step.turns.map(tone)));
  for (const kind of Object.keys(TONES).filter((one) => seen.has(one) && one !== "silent")) {
    byId("legend").append(make("li", "", make("span", `cell ${kind}`), TONES[kind]));
  }
}

function pause() {
  clearInterval(timer);
  timer = null;
  document.body.classList.remove("playing");
  byId("play").setAttribute("aria-label", "Play");
}

function playOrPause() {
  if (timer !== null) return pause();
  if (current === lastStep) show(0);
  document.body.classList.add("playing");
  byId("play").setAttribute("aria-label", "Pause");
  timer = setInterval(() => (current < lastStep ? show(current + 1) : pause()), 900);
}

function moveTo(place) {
  pause();
  show(place);
}

const KEYS = {
  ArrowLeft: () => moveTo(current - 1),
  ArrowRight: () => moveTo(current + 1),
  Home: () => moveTo(0),
  End: () => moveTo(lastStep),
  " ": () => playOrPause(),
  p: () => byId("prompts").click(),
};

function onKey(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const busy = event.key === " " && event.target.closest("button, summary, input");
  if (!(key in KEYS) || busy || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  KEYS[key]();
}

function isDark() {
  const { theme } = document.documentElement.dataset;
  return (theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
}

function setUpTheme() {
  const label = () => { byId("theme").textContent = isDark() ? "Light theme" : "Dark theme"; };
  label();
  byId("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    label();
  });
}

function setUp() {
  wholeConversations();
  byId("env").textContent = data.head.env_id;
  byId("title").textContent = data.title;
  byId("facts").append(...facts().map(([name, value]) => make("div", "", make("dt", "", name), make("dd", "", `${value}`))));
  byId("about").querySelector("pre").textContent = JSON.stringify(data.head, null, 2);
  byId("slider").max = lastStep;
  byId("slider").style.setProperty("--steps", lastStep);
  setUpStrips();
  setUpTheme();
  byId("figure").hidden = !data.pictures.length;
  byId("side").hidden = !data.pictures.length && !asked(false).length;
  byId("slider").addEventListener("input", (event) => moveTo(Number(event.target.value)));
  byId("first").addEventListener("click", KEYS.Home);
  byId("back").addEventListener("click", KEYS.ArrowLeft);
  byId("on").addEventListener("click", KEYS.ArrowRight);
  byId("last").addEventListener("click", KEYS.End);
  byId("play").addEventListener("click", playOrPause);
  byId("enlarge").addEventListener("click", enlargeOrNot);
  byId("prompts").addEventListener("change", () => show(current));
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", () => moveTo(Number(location.hash.slice(1)) || 0));
  document.querySelector("main").classList.toggle("many", asked(true).length > 1);
  for (const part of document.querySelectorAll("body > [hidden]")) part.hidden = false;
  byId("notice").hidden = true;
  show(Number(location.hash.slice(1)) || Math.min(1, lastStep));
}

addEventListener("error", (event) => {
  byId("notice").textContent = `This transcript cannot be shown: ${event.message}`;
  byId("notice").hidden = false;
});
setUp();
