// A voice call: what is heard stands on the screen, the keys below it are pressed one after another.

import { call } from "./api.js";
import { el, fill } from "./dom.js";
import { isKey, keypad } from "./keypad.js";
import { t, words } from "./texts.js";

export class VoiceCall {
  /** {number, lines: [{who, text}], over, id}; without an id another program leads the call. */
  #line = null;
  #own = new Set();
  #doing = Promise.resolve();
  #dialling = 0;

  constructor(phone) {
    this.phone = phone;
    this.element = el("div.voice", { hidden: true });
  }

  get open() { return this.#line !== null; }

  async dial(number) {
    const line = { number, lines: [], over: false, id: null, begun: true };
    this.#line = line;
    if (!this.phone.on) {
      this.#failed(line, new Error(t("no_network")));
      return;
    }
    this.#dialling += 1;
    this.render();
    try {
      const answer = await call("POST", "/calls", { msisdn: this.phone.msisdn, to: number });
      line.id = answer.call;
      this.#own.add(answer.call);
      this.#hear(line, answer);
      if (line !== this.#line) await this.#hangUp(line); // it was closed before anybody picked up
    } catch (error) {
      this.#failed(line, error);
    }
    this.#dialling -= 1;
  }

  press(key) {
    const line = this.#line;
    if (!line?.id || line.over) return;
    this.#add(line, "me", key);
    this.#then(line, () => call("POST", `/calls/${line.id}/keys`, { keys: key }));
  }

  async close() {
    const line = this.#line;
    this.#line = null;
    this.render();
    this.phone.focus();
    if (line?.id && !line.over) await this.#hangUp(line);
  }

  async #hangUp(line) {
    await call("DELETE", `/calls/${line.id}`).catch(() => {});
  }

  /** A key of the keyboard; whether it was of use. */
  key(event) {
    if (isKey(event.key)) this.press(event.key);
    else if (event.key === "Escape") this.close();
    else return false;
    return true;
  }

  /** Something happened in a call of this number. */
  happened(step) {
    const line = this.#line;
    if (line?.begun && (line.id === step.dialogue || line.id === null)) {
      // Silence and the end of the line are noticed by the gateway: what it says then must be fetched.
      if (line.id && step.asked === "silence") this.#then(line, () => call("GET", `/calls/${line.id}`));
      return;
    }
    if (this.#own.has(step.dialogue) || this.#dialling) return;
    this.#follow(step);
  }

  #follow(step) {
    if (step.asked === "dial") {
      this.#line = { number: step.service_code, lines: [], over: false, id: null, begun: false };
    }
    const line = this.#line;
    if (!line || line.begun) return;
    if (step.asked === "answer") this.#add(line, "me", step.text || "•".repeat(step.text_like.length));
    if (step.op) this.#add(line, "network", step.shown || step.shown_like);
    if (step.op === "end" || step.asked === "hang_up") line.over = true;
    this.render();
  }

  #then(line, ask) {
    this.#doing = this.#doing.then(async () => {
      try {
        if (!line.over) this.#hear(line, await ask());
      } catch (error) {
        this.#failed(line, error);
      }
    });
  }

  #hear(line, answer) {
    for (const heard of answer.heard) this.#add(line, "network", heard.text);
    line.over ||= answer.state === "end";
    if (line === this.#line) this.render();
  }

  #failed(line, error) {
    line.over = true;
    this.#add(line, "error", words(error));
    if (line === this.#line) this.render();
  }

  #add(line, who, text) {
    const last = line.lines.at(-1);
    if (who === "me" && last?.who === "me") last.text += ` ${text}`;
    else line.lines.push({ who, text });
    if (line === this.#line) this.render();
  }

  render() {
    const line = this.#line;
    this.element.hidden = line === null;
    if (line === null) {
      fill(this.element);
      return;
    }
    const lines = el("div.lines", { role: "log", "aria-live": "polite", tabindex: "0" },
      ...line.lines.map((each) => el(`p.${each.who}`, {}, each.text)));
    const focused = this.element.contains(document.activeElement)
      ? document.activeElement.getAttribute("data-key") : null;
    fill(this.element,
      el("h3", {}, line.over ? t("call_ended") : t("calling", line.number)),
      lines,
      keypad((key) => this.press(key), !line.id || line.over),
      el("button.stop", { type: "button", onclick: () => this.close() },
        line.over || !line.begun ? t("close") : t("hang_up")));
    lines.scrollTop = lines.scrollHeight;
    if (this.phone.active && (focused === null || line.over)) {
      this.element.querySelector("button.stop").focus({ preventScroll: true });
    } else if (focused !== null) {
      [...this.element.querySelectorAll(".key")].find((each) => each.dataset.key === focused)?.focus();
    }
  }
}
