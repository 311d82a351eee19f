/**
 * The script of the live page, as the browser gets it: plain JavaScript, since nothing is built. Texts of tasks and workers are set as
 * text only, never as markup. Rows are kept and changed in place, so that focus, selection and what is open stay.
 */

/** The script. */
export const SCRIPT = String.raw`
"use strict";
const at = (id) => document.getElementById(id);
const token = new URLSearchParams(location.search).get("token") ?? "";
const address = (path) => path + "?token=" + encodeURIComponent(token);
const number = (n) => Math.round(n).toLocaleString("en-US");
const small = (n) => n >= 100 ? number(n) : n >= 10 ? n.toFixed(1) : n.toFixed(2);
const time = (ms) => ms < 1 ? Math.round(ms * 1000) + " µs" : ms < 1000 ? small(ms) + " ms" : ms < 120000 ? small(ms / 1000) + " s" : Math.round(ms / 60000) + " min";
const clock = (ms) => new Date(ms).toLocaleTimeString("en-GB");
const span = (ms) => ms >= 86400000 ? ms / 86400000 + " days" : ms >= 3600000 ? ms / 3600000 + " h" : ms / 60000 + " min";

function element(tag, attributes, text) {
  const made = tag === "svg" || tag === "path" || tag === "line" ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}
function say(node, text) { if (node.textContent !== text) node.textContent = text; }

const CHARTS = [
  { title: "Tasks per second", unit: (n) => small(n) + "/s", lines: [["completed", (s, step) => s.completed / step], ["failed", (s, step) => s.failed / step]] },
  { title: "Run time", unit: time, lines: [["median", (s) => s.runP50Ms], ["95th percentile", (s) => s.runP95Ms]] },
  { title: "Waiting and running", unit: number, lines: [["waiting", (s) => s.waiting], ["running", (s) => s.running]] },
];
let start, samples = [], range = 0, last;

class Chart {
  constructor(chart) {
    this.chart = chart;
    this.figure = element("figure");
    this.caption = element("figcaption");
    this.title = this.caption.appendChild(element("b"));
    this.entitle(chart.title);
    this.values = chart.lines.map(([name], index) => {
      const part = element("span");
      const value = element("span");
      part.append(element("span", { class: "key s" + index }), name + " ", value);
      this.caption.append(part);
      return value;
    });
    this.svg = element("svg", { viewBox: "0 0 300 100", preserveAspectRatio: "none", role: "img" });
    for (const y of [0, 50, 100]) this.svg.append(element("line", { x1: 0, x2: 300, y1: y, y2: y }));
    this.paths = chart.lines.map((_, index) => this.svg.appendChild(element("path", { class: "s" + index })));
    this.top = element("div", { class: "axis" });
    this.bottom = element("div", { class: "axis" });
    this.figure.append(this.caption, this.top, this.svg, this.bottom);
  }
  entitle(text) { say(this.title, text); }
  draw(list, resolution) {
    const { stepMs, steps } = resolution;
    const end = last.now, begin = Math.min(end - stepMs, Math.max(end - stepMs * steps, start.startedAt));
    const all = this.chart.lines.map(([, of]) => list.map((sample) => of(sample, stepMs / 1000)));
    const most = Math.max(1e-9, ...all.flat());
    this.paths.forEach((path, index) => path.setAttribute("d", all[index].map((value, n) =>
      (n === 0 ? "M" : "L") + (300 * (list[n].at + stepMs - begin) / (end - begin)).toFixed(2) + " " + (100 - 100 * value / most).toFixed(2)).join("")));
    const now = all.map((values) => values.length === 0 ? "–" : this.chart.unit(values.at(-1)));
    this.values.forEach((value, index) => say(value, now[index]));
    const words = this.chart.lines.map(([name], index) => name + " " + now[index]).join(", ");
    this.svg.setAttribute("aria-label", this.title.textContent + " over the last " + span(stepMs * steps) + ": " + words + "; highest " + this.chart.unit(most));
    this.top.replaceChildren(element("span", {}, list.length === 0 ? "" : this.chart.unit(most)));
    this.bottom.replaceChildren(element("span", {}, clock(begin)), element("span", {}, clock(end)));
  }
}
const charts = CHARTS.map((chart) => new Chart(chart));
at("charts").append(...charts.map((chart) => chart.figure));

function drawCharts() {
  if (start && last) for (const chart of charts) chart.draw(samples[range], start.resolutions[range]);
}

/** Keeps one child of a parent for each item, in their order. */
class Rows {
  constructor(parent, make) { this.parent = parent; this.make = make; this.rows = new Map(); }
  show(items, keyOf) {
    const keys = new Set(items.map(keyOf));
    for (const [key, row] of this.rows) if (!keys.has(key)) { row.node.remove(); this.rows.delete(key); }
    let place = this.parent.firstChild;
    for (const item of items) {
      const key = keyOf(item);
      let row = this.rows.get(key);
      if (!row) this.rows.set(key, row = this.make(item));
      row.update(item);
      // Only what stands elsewhere is moved: it loses focus and selection.
      if (row.node === place) place = place.nextSibling;
      else this.parent.insertBefore(row.node, place);
    }
  }
}

const workers = new Rows(at("workers"), (worker) => {
  const node = element("tr");
  const cells = ["", "", "text", "n", "n", "n", "n", ""].map((name) => node.appendChild(element("td", name ? { class: name } : {})));
  const state = cells[1].appendChild(element("span", { class: "state" }));
  let kill;
  if (start.control) {
    kill = element("button", { type: "button" }, "Kill");
    kill.addEventListener("click", () => command("kill", worker.workerId));
  }
  const pid = cells[7].appendChild(element("span"));
  if (kill) { cells[7].append(" ", kill); kill.setAttribute("aria-label", "Kill worker " + worker.workerId); }
  return { node, update(worker) {
    say(cells[0], String(worker.workerId));
    state.className = "state " + worker.state;
    say(state, worker.state);
    say(cells[2], worker.task ? worker.task.name + ", " + time(Math.max(0, last.now - worker.task.since)) : "");
    say(cells[3], number(worker.tasksDone));
    say(cells[4], number(worker.restarts));
    say(cells[5], worker.memoryMiB === null ? "–" : number(worker.memoryMiB) + " MiB");
    say(cells[6], worker.cpuPercent === null ? "–" : number(worker.cpuPercent) + " %");
    say(pid, worker.agent ? worker.pid + " on " + worker.agent : String(worker.pid));
  } };
});
const outputs = new Rows(at("outputs"), (worker) => {
  const node = element("details");
  const title = node.appendChild(element("summary", {}, "Worker " + worker.workerId));
  const text = node.appendChild(element("pre", { tabindex: "0" }));
  return { node, update(worker) {
    const lines = worker.output.trimEnd().split("\n");
    say(title, "Worker " + worker.workerId + (worker.output === "" ? ": nothing yet" : ": " + lines.at(-1).slice(0, 80)));
    say(text, worker.output);
  } };
});
const failures = new Rows(at("failures"), () => {
  const node = element("tr");
  const cells = ["n", "", "text"].map((name) => node.appendChild(element("td", { class: name })));
  return { node, update(failure) {
    say(cells[0], number(failure.count));
    say(cells[1], clock(failure.lastAt));
    say(cells[2], failure.name + ": " + (failure.count === 1 ? failure.example : failure.shape));
    cells[2].title = failure.example;
  } };
});
class Tiles {
  constructor(parent) {
    this.rows = new Rows(parent, ([name]) => {
      const node = element("div");
      node.append(element("dt", {}, name), element("dd"));
      return { node, update: ([, value]) => say(node.lastChild, number(value)) };
    });
  }
  show(counts) {
    this.rows.show(Object.entries(counts).map(([name, value]) => [name.replace(/[A-Z]/g, (c) => " " + c.toLowerCase()), value]), ([name]) => name);
  }
}
const tiles = new Tiles(at("totals"));
const itemTiles = new Tiles(at("item-totals"));

async function command(action, value) {
  // It stays until the next command: what is live, and what is not connected, is told every second.
  let trouble = "";
  try {
    const response = await fetch(address("/control"), { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ action, value }) });
    if (!response.ok) trouble = (await response.text()).trim();
  } catch {
    trouble = "The program does not answer";
  }
  say(at("trouble"), trouble);
}
function connection(state, text) {
  at("connection").className = state;
  say(at("connection"), text);
}

function begin(message) {
  start = message;
  samples = message.samples;
  say(at("name"), message.name);
  at("controls").hidden = !message.control;
  at("items").hidden = !message.items;
  say(at("items-title"), message.items ?? "");
  charts[0].entitle((message.items ?? "Tasks") + " per second");
  at("grants").replaceChildren(...message.grants.map((grant) => element("li", {}, grant)));
  at("ranges").replaceChildren(...message.resolutions.map(({ stepMs, steps }, index) => {
    const button = element("button", { type: "button", "aria-pressed": String(index === range) }, span(stepMs * steps));
    button.addEventListener("click", () => {
      range = index;
      [...at("ranges").children].forEach((other, n) => other.setAttribute("aria-pressed", String(n === index)));
      drawCharts();
    });
    return button;
  }));
  update(message.state);
}
function update(state) {
  last = state;
  state.samples.forEach((added, index) => {
    const { stepMs, steps } = start.resolutions[index];
    // What lies ahead was kept before the program's clock was set back.
    samples[index] = [...samples[index].filter((sample) => sample.at + stepMs <= state.now), ...added].slice(-steps);
  });
  connection(state.paused ? "held" : "up", state.paused ? "paused" : "live");
  say(at("uptime"), "for " + time(Math.max(0, state.now - start.startedAt)));
  say(at("pause"), state.paused ? "Resume" : "Pause");
  if (document.activeElement !== at("size")) at("size").value = state.workersWanted;
  itemTiles.show(state.items ?? {});
  tiles.show(state.totals);
  workers.show(state.workers, (worker) => worker.workerId);
  // When all workers have left, what they printed last stays to be read.
  if (state.workers.length > 0) outputs.show(state.workers, (worker) => worker.workerId);
  failures.show(state.failures, (failure) => failure.name + "\n" + failure.shape);
  at("no-failures").hidden = state.failures.length > 0;
  at("failure-table").hidden = state.failures.length === 0;
  at("usage-hint").hidden = state.workers.every((worker) => worker.agent) || state.workers.some((worker) => worker.memoryMiB !== null);
  drawCharts();
}

at("pause").addEventListener("click", () => command(last.paused ? "resume" : "pause"));
at("resize").addEventListener("click", () => at("size").reportValidity() && command("resize", at("size").valueAsNumber));
const events = new EventSource(address("/events"));
events.addEventListener("start", (event) => begin(JSON.parse(event.data)));
events.addEventListener("state", (event) => update(JSON.parse(event.data)));
events.addEventListener("end", (event) => { events.close(); connection("down", JSON.parse(event.data).reason); });
events.addEventListener("error", () => connection("down", "not connected: the program has ended, or does not answer"));
`;
