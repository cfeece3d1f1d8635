// Whose phone it is, in which language the network speaks to them, how it is reached, and where else to look.

import { call } from "./api.js";
import { el, fill, redraw } from "./dom.js";
import { bring, stateOf, STATES } from "./network.js";
import { t, words } from "./texts.js";

const BARE = ["on", "off"];
const WAYS = ["http", "smpp"];

export class Settings {
  #account = null;
  #kept = false;
  #problem = "";
  #typed = null;

  constructor(phone) {
    this.phone = phone;
    this.element = el("div.settings");
  }

  /** Look at the account and the network again. */
  async refresh() {
    const { msisdn } = this.phone;
    this.#problem = "";
    try {
      this.#account = await call("GET", `/subscribers/${msisdn}`);
      const state = await stateOf(msisdn);
      this.#kept = state !== null;
      if (this.#kept && msisdn === this.phone.msisdn) this.phone.networkBecame(state);
    } catch (error) {
      this.#account = null;
      this.#problem = words(error);
    }
    this.render();
  }

  async #do(work) {
    try {
      await work();
      await this.refresh();
    } catch (error) {
      await this.refresh();
      this.#problem = words(error);
      this.render();
    }
  }

  #speak(language) {
    return this.#do(() => call("POST", `/subscribers/${this.phone.msisdn}`, { language }));
  }

  // Switched on, the phone must be there when what has waited comes; switched off, it must not be any more.
  #switch(state) {
    return this.#do(async () => {
      if (this.#kept) await bring(this.phone.msisdn, state);
      this.phone.networkBecame(state);
    });
  }

  render() { redraw(this.element, () => this.#draw()); }

  #draw() {
    const account = this.#account;
    const number = el("input", { name: "number", inputmode: "tel", autocomplete: "off", maxlength: 40, required: true,
      list: "subscribers", oninput: () => { this.#typed = number.value; } });
    number.value = this.#typed ?? this.phone.msisdn;
    const change = (event) => {
      event.preventDefault();
      this.#typed = null;
      this.phone.become(number.value);
    };
    const choice = (name, title, values, value, prefix, choose, disabled = false) => {
      const select = el("select", { name, disabled, onchange: () => choose(select.value) },
        ...values.map((each) => el("option", { value: each }, t(`${prefix}_${each}`))));
      select.value = value;
      return el("label.field", {}, el("span", {}, t(title)), select);
    };
    fill(this.element,
      el("form", { onsubmit: change },
        el("label.field", {}, el("span", {}, t("number")), number),
        el("button", { type: "submit" }, t("apply"))),
      choice("network", "network", this.#kept ? STATES : BARE, this.phone.network, "net",
        (state) => this.#switch(state)),
      choice("way", "way", WAYS, this.phone.way, "way", (way) => { this.phone.way = way; }),
      choice("language", "language", ["ru", "en", "translit"], account?.language ?? "ru", "lang",
        (language) => this.#speak(language), !account),
      account ? el("dl", {},
        el("dt.quiet", {}, t("balance")), el("dd", {}, t("roubles", account.balance)),
        el("dt.quiet", {}, t("tariff")), el("dd", {}, account.tariff_name)) : null,
      this.#problem ? el("p.error", { role: "alert" }, this.#problem) : null,
      el("p.links", {}, el("a", { href: `/monitor#${this.phone.msisdn}` }, t("page_monitor")),
        el("a", { href: `/lk#${this.phone.msisdn}` }, t("lk"))));
  }
}
