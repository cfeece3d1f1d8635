// A menu as a map: where dialogues are now, and the screen of the dialogue or PDU that was chosen is lit.

import { call } from "./api.js";
import { el, fill } from "./dom.js";
import { svg } from "./svg.js";
import { current, t, words } from "./texts.js";

const NAME = 21;
const TEXT = 25;
const NARROW = 600;
const EDGE = 8;
const short = (text, limit) => (text.length > limit ? `${text.slice(0, limit - 1)}…` : text);

export class MenuMap {
  #menus = [];
  #menu = null;
  #loaded = new Map();
  #lit = "";
  #crowd = new Map();
  #problem = "";
  #scale = 1;

  constructor() {
    this.choice = el("select", { "aria-label": t("mon_map"), onchange: () => this.show(this.choice.value) });
    this.smaller = el("button", { type: "button", onclick: () => this.#zoom(1 / 1.5) }, "−");
    this.larger = el("button", { type: "button", onclick: () => this.#zoom(1.5) }, "+");
    this.place = el("div.map", { tabindex: 0, role: "group" });
    this.now = el("span.quiet.now");
    this.title = el("h2");
    this.element = el("section.card.wide", {},
      el("div.row.wrap.over-map", {}, this.title, this.choice, this.smaller, this.larger, this.now), this.place);
  }

  async begin() {
    try {
      this.#menus = (await call("GET", "/menus")).menus;
      fill(this.choice, ...this.#menus.map(({ menu, service_codes: codes }) =>
        el("option", { value: menu }, codes.length ? `${menu} ${codes[0]}` : menu)));
      const first = this.#menus.find((each) => each.service_codes.includes("*105#")) ?? this.#menus[0];
      if (first) await this.show(first.menu);
    } catch (error) {
      this.#problem = words(error);
      this.render();
    }
  }

  /** Draw a menu; `screen` is lit and brought into view. */
  async show(menu, screen = "") {
    if (!menu) return;
    const asked = !this.#loaded.has(menu);
    this.#lit = screen;
    if (asked) {
      try {
        this.#loaded.set(menu, await call("GET", `/menus/${encodeURIComponent(menu)}`));
        this.#problem = "";
      } catch (error) {
        this.#problem = words(error);
      }
    }
    const change = this.#menu !== this.#loaded.get(menu);
    this.#menu = this.#loaded.get(menu) ?? this.#menu;
    if (this.#menu) this.choice.value = this.#menu.menu;
    if (change) this.render();
    else this.#light();
    this.#bring();
  }

  /** Where all dialogues are: "menu screen" -> how many. */
  look(dialogues) {
    this.#crowd = new Map();
    for (const { menu, screen } of dialogues) {
      const key = `${menu} ${screen}`;
      this.#crowd.set(key, (this.#crowd.get(key) ?? 0) + 1);
    }
    this.#light();
  }

  render() {
    this.title.textContent = t("mon_map");
    this.smaller.setAttribute("aria-label", t("mon_smaller"));
    this.larger.setAttribute("aria-label", t("mon_larger"));
    if (!this.#menu) {
      fill(this.place, this.#problem ? el("p.error", { role: "alert" }, this.#problem) : null);
      return;
    }
    const { map, screens } = this.#menu;
    const [width, height] = map.node;
    const texts = new Map(screens.map((each) => [each.name, each.text[current()] ?? each.text.ru ?? ""]));
    const places = new Map(map.nodes.map((node) => [node.name, node]));
    const ways = [...map.ways].sort((one, other) => Number(other.across) - Number(one.across));
    fill(this.place, svg("svg", { viewBox: `0 0 ${map.width} ${map.height}`, width: map.width * this.#scale,
      height: map.height * this.#scale,
      role: "img", "aria-label": this.#menu.menu },
    ...ways.map((way) => this.#way(way, places, width, height)),
    ...map.nodes.map((node) => this.#node(node, texts.get(node.name) ?? "", width, height)),
    ...map.ways.filter((way) => way.on && !way.across).map((way) => svg("text",
      { x: places.get(way.to).x - 6, y: places.get(way.to).y + height / 2 - 5, "text-anchor": "end",
        class: "on" }, short(way.on, 20)))));
    this.#light();
    this.#bring();
  }

  #node(node, text, width, height) {
    const shown = text.replaceAll(/\s+/g, " ").trim();
    const two = shown && shown !== "{choices}";
    const middle = node.y + height / 2;
    return svg("g", { class: `node ${node.kind}`, "data-screen": node.name },
      svg("title", {}, `${node.name}\n${text}`),
      svg("rect", { x: node.x, y: node.y, width, height, rx: node.kind === "end" ? height / 2 : 8 }),
      svg("text", { x: node.x + 10, y: two ? middle - 3 : middle + 4, class: "name" }, short(node.name, NAME)),
      two ? svg("text", { x: node.x + 10, y: middle + 12, class: "words" }, short(shown, TEXT)) : null,
      svg("text", { x: node.x + width - 9, y: middle - 3, "text-anchor": "end", class: "crowd" }));
  }

  #way(way, places, width, height) {
    const [from, to] = [places.get(way.from), places.get(way.to)];
    const [x1, y1, x2, y2] = [from.x + width, from.y + height / 2, to.x, to.y + height / 2];
    let path = `M${x1},${y1} C${x1 + (x2 - x1) * 0.35},${y1} ${x1 + 20},${y2} ${x1 + (x2 - x1) * 0.4},${y2} L${x2},${y2}`;
    if (from === to) path = `M${x1},${y1 - 8} c26,-16 26,32 0,16`;
    else if (way.across && x2 <= x1) path = `M${x1},${y1} C${x1 + 70},${y1} ${x2 - 70},${y2} ${x2},${y2}`;
    return svg("path", { d: path, class: `way${way.across ? " across" : ""}` },
      svg("title", {}, `${way.from} → ${way.to}${way.on ? `: ${way.on}` : ""}`));
  }

  #light() {
    if (!this.#menu) return;
    this.now.textContent = this.#lit ? t("mon_here", this.#lit) : "";
    for (const node of this.place.querySelectorAll("[data-screen]")) {
      const { screen } = node.dataset;
      const count = this.#crowd.get(`${this.#menu.menu} ${screen}`) ?? 0;
      node.classList.toggle("lit", screen === this.#lit);
      node.classList.toggle("busy", count > 0);
      node.querySelector(".crowd").textContent = count ? `● ${count}` : "";
    }
  }

  /** The screen that is lit comes into view, or where the menu begins, with what can follow to the right. */
  #bring() {
    const lit = this.#lit && `[data-screen="${CSS.escape(this.#lit)}"] rect`;
    const node = (lit && this.place.querySelector(lit)) || this.place.querySelector(".node.code rect, .node rect");
    if (!node) return;
    const left = node.x.baseVal.value * this.#scale;
    this.place.scrollTo({
      left: left - (this.place.clientWidth < NARROW ? EDGE : this.place.clientWidth / 4),
      top: (node.y.baseVal.value + node.height.baseVal.value / 2) * this.#scale - this.place.clientHeight / 2,
    });
  }

  #zoom(factor) {
    this.#scale = Math.min(2, Math.max(0.25, this.#scale * factor));
    this.render();
  }
}
