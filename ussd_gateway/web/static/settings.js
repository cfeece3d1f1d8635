// Whose phone it is, in which language the network speaks to them, and whether it is on.

import { call } from "./api.js";
import { el, fill } from "./dom.js";
import { t, words } from "./texts.js";

export class Settings {
  #account = null;
  #problem = "";

  constructor(phone) {
    this.phone = phone;
    this.element = el("div.settings");
  }

  /** Look at the account again. */
  async refresh() {
    try {
      this.#account = await call("GET", `/subscribers/${this.phone.msisdn}`);
      this.#problem = "";
    } catch (error) {
      this.#account = null;
      this.#problem = words(error);
    }
    this.render();
  }

  async #speak(language) {
    try {
      await call("POST", `/subscribers/${this.phone.msisdn}`, { language });
    } catch (error) {
      this.#problem = words(error);
    }
    await this.refresh();
  }

  render() {
    const account = this.#account;
    const number = el("input", { inputmode: "tel", autocomplete: "off", maxlength: 40, required: true });
    number.value = this.phone.msisdn;
    const change = (event) => {
      event.preventDefault();
      this.phone.become(number.value);
    };
    const language = el("select", { onchange: () => this.#speak(language.value), disabled: !account },
      ...["ru", "en", "translit"].map((each) => el("option", { value: each }, t(`lang_${each}`))));
    if (account) language.value = account.language;
    const on = el("input", { type: "checkbox", role: "switch", onchange: () => this.phone.turn(on.checked) });
    on.checked = this.phone.on;
    fill(this.element,
      el("form", { onsubmit: change },
        el("label.field", {}, el("span", {}, t("number")), number),
        el("button", { type: "submit" }, t("apply"))),
      el("label.check", {}, on, t("network")),
      el("label.field", {}, el("span", {}, t("language")), language),
      account ? el("dl", {},
        el("dt.quiet", {}, t("balance")), el("dd", {}, t("roubles", account.balance)),
        el("dt.quiet", {}, t("tariff")), el("dd", {}, account.tariff_name)) : null,
      this.#problem ? el("p.error", { role: "alert" }, this.#problem) : null);
  }
}
