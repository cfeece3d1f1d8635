// Short messages: who wrote, what was said to and fro, and a new one with its count of parts.

import { call } from "./api.js";
import { el, fill, redraw } from "./dom.js";
import { parts } from "./parts.js";
import { t, words } from "./texts.js";

const OWN_MS = 5_000;

export class Messages {
  /** {id, peer, text, at, mine, failed} in the order of time. */
  #all = [];
  #known = new Set();
  #sending = [];
  /** The peer whose thread is open; `""` for a new one; null for the list. */
  #peer = null;
  #to = "";
  #draft = "";
  unread = new Set();

  constructor(phone) {
    this.phone = phone;
    this.element = el("div.messages");
  }

  /** What the phone has received before. */
  async restore() {
    const { messages } = await call("GET", `/subscribers/${this.phone.msisdn}/inbox?limit=100`);
    for (const message of messages) if (message.state !== "queued") this.#take(message);
    this.render();
  }

  /** A message is on its way to this phone. */
  async arrived(event) {
    let text = event.text;
    if (event.secret) {
      const path = `/subscribers/${this.phone.msisdn}/inbox?after=${event.message_id - 1}&limit=1000`;
      const found = await call("GET", path).catch(() => ({ messages: [] }));
      text = found.messages.find((each) => each.message_id === event.message_id)?.text ?? event.text_like;
    }
    if (!this.#take({ message_id: event.message_id, from: event.from, text, created: event.at })) return;
    const looking = this.#peer === event.from && this.phone.view === "messages";
    if (!looking) this.unread.add(event.from);
    this.render();
    this.phone.messageArrived(event.from, text, looking);
  }

  /** This phone sent a message: by another program, unless it is one of ours. */
  taken(event) {
    this.#sending = this.#sending.filter((each) => Date.now() - each.since < OWN_MS);
    const own = this.#sending.findIndex((each) => each.to === event.to);
    if (own >= 0) this.#sending.splice(own, 1);
    else {
      this.#all.push({ peer: event.to, text: event.text || event.text_like, at: event.at, mine: true });
      this.render();
    }
  }

  show(peer) {
    this.#peer = peer;
    this.unread.delete(peer);
    this.phone.renderTabs();
    this.render();
    this.element.querySelector("input, textarea, button")?.focus({ preventScroll: true });
  }

  #take(message) {
    if (this.#known.has(message.message_id)) return false;
    this.#known.add(message.message_id);
    this.#all.push({ peer: message.from, text: message.text, at: message.created, mine: false });
    return true;
  }

  async #send(event) {
    event.preventDefault();
    const to = (this.#peer || this.#to).replaceAll(/[\s()+-]/g, "");
    if (!to || !this.phone.on) return;
    const sent = { peer: to, text: this.#draft, at: new Date().toISOString(), mine: true };
    this.#all.push(sent);
    this.#draft = this.#to = "";
    this.#peer = to;
    this.render();
    this.element.querySelector("textarea")?.focus({ preventScroll: true });
    this.#sending.push({ to, since: Date.now() });
    try {
      const way = this.phone.way === "smpp" ? { via: "smpp" } : {};
      await call("POST", "/sms", { msisdn: this.phone.msisdn, to, text: sent.text, ...way });
    } catch (error) {
      sent.failed = words(error);
      this.render();
    }
  }

  render() {
    redraw(this.element, () => (this.#peer === null ? this.#renderList() : this.#renderThread()));
  }

  #renderList() {
    const newest = new Map();
    for (const message of this.#all) {
      newest.delete(message.peer);
      newest.set(message.peer, message);
    }
    const rows = [...newest.values()].reverse().map((message) => el(
      this.unread.has(message.peer) ? "button.thread.unread" : "button.thread",
      { type: "button", onclick: () => this.show(message.peer) },
      el("span.peer", {}, message.peer), el("time.quiet", {}, time(message.at)),
      el("span.start.quiet", {}, message.text)));
    fill(this.element,
      el("div.head", {}, el("h3.grow", {}, t("screen_messages"))),
      el("div.list", {}, ...(rows.length ? rows : [el("p.quiet.none", {}, t("no_messages"))])),
      el("button.main.new", { type: "button", onclick: () => this.show("") }, t("new_message")));
  }

  #renderThread() {
    const peer = this.#peer;
    const bubbles = this.#all.filter((each) => each.peer === peer && peer).map((message) => el(
      message.mine ? "p.bubble.mine" : "p.bubble", {}, el("span", {}, message.text),
      el("small", {}, message.failed ? t("refused", message.failed) : time(message.at))));
    const list = el("div.list", { role: "log", tabindex: "0" }, ...bubbles);
    const to = peer ? null : el("input", { name: "to", "aria-label": t("to"), placeholder: t("to"), inputmode: "tel",
      autocomplete: "off", maxlength: 21, required: true, oninput: () => { this.#to = to.value; } });
    if (to) to.value = this.#to;
    const counter = el("small.counter.quiet", { "aria-live": "polite" });
    const text = el("textarea", { name: "text", "aria-label": t("message"), placeholder: t("message"), rows: 3,
      maxlength: 10000, oninput: () => { this.#draft = text.value; count(); } });
    text.value = this.#draft;
    const count = () => {
      const found = parts(text.value);
      counter.textContent = t("counter", found.coding, found.left, found.parts);
    };
    count();
    fill(this.element,
      el("div.head", {},
        el("button.back", { type: "button", "aria-label": t("back"), title: t("back"),
          onclick: () => this.show(null) }, "‹"),
        el("h3.grow", {}, peer || t("new_message"))),
      list,
      el("form.composer", { onsubmit: (event) => this.#send(event) }, to, text,
        el("div.row", {}, el("span.grow", {}, counter),
          el("button.main", { type: "submit", disabled: !this.phone.on }, t("send")))));
    list.scrollTop = list.scrollHeight;
  }
}

const time = (text) => {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? "" : at.toLocaleString([], { day: "2-digit", month: "2-digit",
    hour: "2-digit", minute: "2-digit" });
};
