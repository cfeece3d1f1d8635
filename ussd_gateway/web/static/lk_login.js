// The login form: a number in any form or a company's contract, with a password or a code that comes by SMS.

import { el, fill } from "./dom.js";
import { ask } from "./lk_parts.js";
import { t, words } from "./texts.js";

const UNAUTHORIZED = 401;
const LOCKED = 423;

export class Login {
  #by = "password";
  #said;
  #bad;
  #login = "";

  /** `entered` is called when the session has begun; `said` is why the form is shown. */
  constructor(entered, said = "") {
    this.entered = entered;
    this.#said = () => said;
    this.#bad = Boolean(said);
    this.element = el("main");
    // Another page may have led here with a number.
    this.#login = /^#\d{5,15}$/.test(location.hash) ? location.hash.slice(1) : "";
  }

  #say(said, bad = true) {
    this.#said = said;
    this.#bad = bad;
    this.render();
  }

  async #enter(values) {
    this.#login = values.login;
    try {
      await ask("POST", "/login", values);
    } catch (error) {
      if (error.status === LOCKED) this.#say(() => t("lk_locked"));
      else if (error.status === UNAUTHORIZED && "attempts_left" in error.body) {
        this.#say(() => (this.#by === "code" ? t("lk_wrong_code")
          : t("lk_wrong", error.body.attempts_left)));
      } else this.#say(() => words(error));
      this.element.querySelector(`[name=${this.#by}]`).focus();
      return;
    }
    this.entered();
  }

  async #send(login) {
    this.#login = login;
    if (!login) return;
    try {
      await ask("POST", "/otp", { login });
      this.#say(() => t("lk_code_sent"), false);
      this.element.querySelector("[name=code]").focus();
    } catch (error) {
      this.#say(() => words(error));
    }
  }

  render() {
    const byCode = this.#by === "code";
    const login = el("input", { name: "login", inputmode: "tel", autocomplete: "username", maxlength: 40,
      required: true, placeholder: "+7 926 123-45-67" });
    login.value = this.#login;
    const secret = byCode
      ? el("input", { name: "code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 20, required: true })
      : el("input", { name: "password", type: "password", autocomplete: "current-password", maxlength: 128,
        required: true });
    const form = el("form", { onsubmit: (event) => {
      event.preventDefault();
      this.#enter(Object.fromEntries(new FormData(form)));
    } },
    el("label.field", {}, el("span", {}, t("lk_login")), login),
    el("label.field", {}, el("span", {}, t(byCode ? "lk_code" : "lk_password")), secret),
    el("div.ends", {},
      el("button.main", { type: "submit" }, t("lk_enter")),
      byCode ? el("button.send", { type: "button", onclick: () => this.#send(login.value) }, t("lk_send_code")) : null,
      el("button.other", { type: "button", onclick: () => {
        this.#login = login.value;
        this.#by = byCode ? "password" : "code";
        this.#say(() => "", false);
      } }, t(byCode ? "lk_by_password" : "lk_by_code"))));
    const said = this.#said();
    fill(this.element, el("section.card.login", {},
      el("h2", {}, t("lk")),
      form,
      said ? el(this.#bad ? "p.hint.error" : "p.hint", { role: "alert" }, said) : null,
      el("p.hint.quiet", {}, t("lk_ways"))));
  }
}
