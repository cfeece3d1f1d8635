// Two minutes of rates and latencies as lines.

import { el, fill } from "./dom.js";
import { svg } from "./svg.js";
import { t } from "./texts.js";

const POINTS = 120;
const WIDTH = 360;
const HEIGHT = 96;
const SHARE = 0.95;

/** The bound in ms below which 95 of 100 of what was counted between two looks lies; null for none. */
export function quantile(before, after, bounds) {
  const counts = after.map((count, slot) => count - before[slot]);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total <= 0) return null;
  let seen = 0;
  for (const [slot, count] of counts.entries()) {
    seen += count;
    if (seen >= total * SHARE) return 1000 * (bounds[slot] ?? 2 * bounds.at(-1));
  }
  return null;
}

const readable = (value) => (value === null ? "–" : value >= 10 ? String(Math.round(value)) : value.toFixed(1));

/** A scale that ends at 1, 2 or 5 with noughts. */
function ceiling(value) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return unit * ([1, 2, 5, 10].find((each) => each * unit >= value) ?? 10);
}

class Chart {
  #lines;

  constructor(title, names) {
    this.title = title;
    this.names = names;
    this.#lines = names.map(() => []);
    this.element = el("section.card.chart");
  }

  add(values) {
    values.forEach((value, index) => {
      const line = this.#lines[index];
      line.push(value);
      if (line.length > POINTS) line.shift();
    });
  }

  render() {
    const top = ceiling(Math.max(1, ...this.#lines.flat()));
    const height = (value) => HEIGHT - 1 - (value / top) * (HEIGHT - 4);
    const paths = this.#lines.map((line, index) => {
      const first = POINTS - line.length;
      let pen = "M";
      const path = line.map((value, at) => {
        if (value === null) { pen = "M"; return ""; }
        const step = `${pen}${(((first + at) / (POINTS - 1)) * WIDTH).toFixed(1)},${height(value).toFixed(1)}`;
        pen = "L";
        return step;
      });
      return svg("path", { d: path.join("") || "M0,0", class: `line l${index}` });
    });
    fill(this.element,
      el("h2", {}, t(this.title)),
      svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
        "aria-label": t(this.title) },
      ...[0, 0.5, 1].map((share) => svg("path", { d: `M0,${height(top * share)}H${WIDTH}`, class: "rule" })),
      ...paths),
      el("p.legend.quiet", {}, el("span.top", {}, `↑ ${top}`),
        ...this.names.map((name, index) => el("span", {}, el(`i.l${index}`), `${t(name)} `,
          el("b", {}, readable(this.#lines[index].at(-1) ?? null))))));
  }
}

export class Charts {
  #before = null;
  #charts = [
    new Chart("mon_rates", ["mon_in", "mon_out", "mon_refused"]),
    new Chart("mon_begun", ["mon_started", "mon_finished"]),
    new Chart("mon_latency", ["mon_step", "mon_write", "mon_loop"]),
  ];

  constructor() {
    this.element = el("div.charts", {}, ...this.#charts.map((each) => each.element));
  }

  /** A look at the counters; the gateway may have been started anew since the one before. */
  look(counts) {
    const now = { counts, at: performance.now() };
    const before = this.#before;
    this.#before = now;
    if (before === null || before.counts.pdus_in > counts.pdus_in || before.counts.begun > counts.begun) return;
    const seconds = Math.max(0.2, (now.at - before.at) / 1000);
    const rate = (value) => Math.max(0, value(counts) - value(before.counts)) / seconds;
    const ended = (of) => Object.values(of.ended).reduce((sum, count) => sum + count, 0);
    const slow = (name) => quantile(before.counts[name], counts[name], counts.bounds_s);
    this.#charts[0].add([rate((of) => of.pdus_in), rate((of) => of.pdus_out), rate((of) => of.refused)]);
    this.#charts[1].add([rate((of) => of.begun), rate(ended)]);
    this.#charts[2].add(["steps", "writes", "loop_lag"].map(slow));
    this.render();
  }

  render() {
    for (const chart of this.#charts) chart.render();
  }
}
