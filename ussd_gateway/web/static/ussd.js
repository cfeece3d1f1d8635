// A USSD dialogue on the phone: what the network shows lies over whatever else is on the screen.

import { call } from "./api.js";
import { el, fill } from "./dom.js";
import { t, words } from "./texts.js";

export class Ussd {
  /** What is shown: {text, op, dialogue, mine}; op `wait` while an answer of the network is due. */
  #shown = null;
  #reply = "";
  #asking = false;
  #held = [];
  #own = new Set();

  constructor(phone) {
    this.phone = phone;
    this.element = el("div.over", { hidden: true });
  }

  get open() { return this.#shown !== null; }

  async dial(code) {
    if (!this.phone.on) {
      this.#show({ text: t("no_network"), op: "end", failed: true });
      return;
    }
    const way = this.phone.way === "smpp" ? { via: "smpp" } : {};
    await this.#ask("POST", "/ussd", { msisdn: this.phone.msisdn, code, ...way });
  }

  async answer() {
    const { dialogue } = this.#shown;
    await this.#ask("POST", `/ussd/${dialogue}`, { input: this.#reply });
  }

  /** Leave the dialogue, or put away what it has shown last. */
  async close() {
    const shown = this.#shown;
    this.#show(null);
    if (shown?.op === "ask" && shown.mine) {
      await call("DELETE", `/ussd/${shown.dialogue}`).catch(() => {});
    }
  }

  /** What the network has open for this phone already, when the page comes. */
  async restore() {
    const found = await call("GET", `/subscribers/${this.phone.msisdn}/dialogue`).catch(() => null);
    if (found?.open && !this.#shown && !this.#asking && found.text !== null) {
      this.#show({ text: found.text, op: "ask", dialogue: found.dialogue, mine: found.access === "http" });
    }
  }

  /** Something happened in a dialogue of this number. */
  async happened(step) {
    if (this.#asking) {
      this.#held.push(step); // it may be what our own request is answered with
      return;
    }
    if (step.asked === "confirm" || (this.#own.has(step.dialogue) && this.#isMine(step))) return;
    if (step.op) {
      const text = step.shown || await this.#secret(step);
      this.#show({ text, op: step.op, dialogue: step.dialogue,
        mine: step.access === "http" || this.#own.has(step.dialogue) });
    } else if (step.asked === "hang_up" && this.#shown?.dialogue === step.dialogue) {
      this.#show(null);
    }
  }

  #isMine(step) { return ["dial", "answer", "hang_up"].includes(step.asked); }

  /** The text of a screen that nobody is told but its phone. */
  async #secret(step) {
    const found = await call("GET", `/subscribers/${this.phone.msisdn}/dialogue`).catch(() => null);
    return (found?.dialogue === step.dialogue && found.text) || step.shown_like || "***";
  }

  async #ask(method, path, body) {
    if (this.#asking) return;
    this.#asking = true;
    this.#show({ text: t("running"), op: "wait" });
    let mine = null;
    try {
      const answer = await call(method, path, body);
      mine = answer.dialogue;
      this.#own.add(mine);
      this.#show({ ...answer, mine: true });
    } catch (error) {
      this.#show({ text: words(error), op: "end", failed: true });
    }
    this.#asking = false;
    for (const step of this.#held.splice(0)) {
      if (step.dialogue !== mine || !this.#isMine(step)) await this.happened(step);
    }
  }

  #show(shown) {
    this.#shown = shown;
    this.#reply = "";
    this.render();
    if (shown === null) this.phone.focus();
  }

  render() {
    const shown = this.#shown;
    this.element.hidden = shown === null;
    if (shown === null) {
      fill(this.element);
      return;
    }
    const asks = shown.op === "ask" && shown.mine;
    const input = asks ? el("input", { "aria-label": t("reply"), autocomplete: "off", spellcheck: "false",
      maxlength: 182, oninput: () => { this.#reply = input.value; } }) : null;
    if (input) input.value = this.#reply;
    const submit = (event) => {
      event.preventDefault();
      if (asks) this.answer();
      else this.close();
    };
    const leave = el("button.leave", { type: "button", onclick: () => this.close() },
      asks ? t("cancel") : t("close"));
    const main = el("button.main", { type: "submit" }, asks ? t("send") : t("ok"));
    const wait = shown.op === "wait";
    fill(this.element, el("form.popup", { role: "dialog", "aria-label": t("ussd"), "data-op": shown.op,
      onsubmit: submit },
    el(shown.failed ? "p.text.error" : "p.text", { "aria-live": "polite", tabindex: "0" }, shown.text),
    shown.op === "ask" && !asks ? el("p.quiet", {}, t("elsewhere")) : null,
    input,
    el("div.choices", {}, shown.op === "ask" ? leave : null,
      wait || (shown.op === "ask" && !asks) ? null : main)));
    if (this.phone.active) (input ?? main).focus({ preventScroll: true });
  }
}
