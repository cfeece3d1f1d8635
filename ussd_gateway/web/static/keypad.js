// The twelve keys, and the screen on which a number is dialled.

import { el, icon } from "./dom.js";
import { t } from "./texts.js";

const KEYS = [["1", ""], ["2", "ABC"], ["3", "DEF"], ["4", "GHI"], ["5", "JKL"], ["6", "MNO"],
  ["7", "PQRS"], ["8", "TUV"], ["9", "WXYZ"], ["*", ""], ["0", "+"], ["#", ""]];
const HANDSET = "M6.6 3.5 9 3l1.8 4.2-2 1.7a13 13 0 0 0 6.3 6.3l1.7-2L21 15l-.5 2.4A3 3 0 0 1 17.5 20 " +
  "13.5 13.5 0 0 1 4 6.500a3 3 0 0 1 2.600-3z";
const ERASE = "M9 5h11v14H9l-6-7zM12 9l5 6M17 9l-5 6";

export const isKey = (text) => text.length === 1 && "0123456789*#".includes(text);

/** Twelve buttons; `onKey` is told which one. */
export function keypad(onKey, disabled = false) {
  return el("div.keypad", {}, ...KEYS.map(([key, letters]) => el(
    "button.key", { type: "button", "data-key": key, "aria-label": t("key", key), disabled,
      onclick: () => onKey(key) },
    el("span", {}, key), el("small", { "aria-hidden": "true" }, letters))));
}

/** The dialling screen. */
export class Dialler {
  #typed = "";

  constructor(phone) { this.phone = phone; }

  render() {
    const input = el("input.number", { inputmode: "tel", autocomplete: "off", spellcheck: "false",
      maxlength: 200, "aria-label": t("dialled"), placeholder: t("dial_hint"),
      oninput: () => { this.#typed = input.value; },
      onkeydown: (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault(); // or it would press the button that has the focus by then
        this.#call();
      } });
    input.value = this.#typed;
    this.input = input;
    const erase = () => this.#put(input.value.slice(0, -1));
    return el("div.dialler", {},
      input,
      keypad((key) => this.#put(input.value + key)),
      el("div.calls", {},
        el("span"),
        el("button.call", { type: "button", "aria-label": t("call"), title: t("call"),
          onclick: () => this.#call() }, icon(HANDSET)),
        el("button.erase", { type: "button", "aria-label": t("erase"), title: t("erase"), onclick: erase },
          icon(ERASE))));
  }

  /** A key of the keyboard; whether it was of use. */
  key(event) {
    if (isKey(event.key) || event.key === "+") this.#put(this.#typed + event.key);
    else if (event.key === "Backspace") this.#put(this.#typed.slice(0, -1));
    else if (event.key === "Enter" && event.target.tagName !== "BUTTON") this.#call();
    else return false;
    return true;
  }

  #put(text) {
    this.#typed = text;
    this.input.value = text;
    this.input.scrollLeft = this.input.scrollWidth;
  }

  #call() {
    const number = this.#typed.replaceAll(/\s/g, "");
    if (!number) return;
    if (/^[*#].*#$/.test(number)) this.phone.ussd.dial(number);
    else this.phone.voice.dial(number);
  }
}
