// What both cabinets have: who is logged in, tabs, a word about what was done, and the way out.

import { el, fill } from "./dom.js";
import { ask } from "./lk_parts.js";
import { t, words } from "./texts.js";

export class Cabinet {
  #notice = el("p.notice", { role: "status", hidden: true });
  #head = el("section.card.who");
  #tabs = el("nav.tabs");
  #panel = el("div.cards");

  /** `me` is the answer of /lk/me, `left` is called when the session is over. */
  constructor(me, left) {
    this.me = me;
    this.left = left;
    this.tab = this.tabs()[0];
    this.element = el("main", {}, this.#head, this.#tabs, this.#notice, this.#panel);
  }

  say(text, bad = false) {
    this.#notice.hidden = !text;
    this.#notice.classList.toggle("bad", bad);
    this.#notice.textContent = text;
  }

  /** Do it, say how it went, show what is now. */
  async run(work, button) {
    if (button) button.disabled = true;
    this.say("");
    try {
      const said = await work();
      await this.refresh();
      this.say(said === undefined || typeof said === "object" ? t("lk_done") : said);
    } catch (error) {
      this.failed(error);
    } finally {
      if (button) button.disabled = false;
    }
  }

  failed(error) {
    if (error.body?.reason === "lk.session") this.left(t("lk_session_over"));
    else this.say(words(error), true);
  }

  async refresh() {
    try {
      this.me = await ask("GET", "/me");
      await this.load(this.tab);
      this.render();
    } catch (error) {
      this.failed(error);
    }
  }

  async open(tab) {
    this.tab = tab;
    this.say("");
    await this.refresh();
    this.#tabs.querySelector("[aria-current]")?.focus();
  }

  render() {
    this.#tabs.setAttribute("aria-label", t("lk"));
    fill(this.#head, ...this.head(), el("button.leave", { type: "button",
      onclick: () => ask("POST", "/logout").finally(() => this.left("")) }, t("lk_leave")));
    fill(this.#tabs, ...this.tabs().map((each) => el("button", { type: "button", "data-tab": each,
      "aria-current": each === this.tab ? "page" : null, onclick: () => this.open(each) }, t(`lk_${each}`))));
    fill(this.#panel, ...this.cards(this.tab));
  }
}

/** A title in small, a value in large. */
export const figure = (title, value) => el("div", {}, el("span.quiet", {}, title), el("strong", {}, value));
