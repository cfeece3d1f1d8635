// One phone: its frame, what lies on its screen, and where events of its number go.

import { el, fill, icon } from "./dom.js";
import { Dialler } from "./keypad.js";
import { Messages } from "./messages.js";
import { reachable } from "./network.js";
import { Settings } from "./settings.js";
import { t } from "./texts.js";
import { Ussd } from "./ussd.js";
import { VoiceCall } from "./voice.js";

const TOAST_MS = 6_000;
const VIEWS = { dial: "M5 5h4v4H5zM15 5h4v4h-4zM5 15h4v4H5zM15 15h4v4h-4z",
  messages: "M4 5h16v11H9l-5 4z",
  settings: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 20c0-4 4-6 8-6s8 2 8 6z" };
const CROSS = "M6 6l12 12M18 6L6 18";

export class Phone {
  /** What the network knows of it (network.js). */
  network = "on";
  /** How it dials and writes: `http`, or over a bind to the gateway's own listener. */
  way = "http";
  view = "dial";

  /** `page`: {live, changed(), remove(phone), record(phone), recording(phone)}. */
  constructor(msisdn, page) {
    this.msisdn = msisdn;
    this.page = page;
    this.element = el("section.phone", { onkeydown: (event) => this.#key(event) });
    this.caption = el("header");
    this.status = el("div.status");
    this.body = el("div.view");
    this.toast = el("div.toast", { role: "status" });
    this.tabs = el("nav.tabs");
    this.#furnish();
  }

  #furnish() {
    this.dialler = new Dialler(this);
    this.messages = new Messages(this);
    this.settings = new Settings(this);
    this.ussd = new Ussd(this);
    this.voice = new VoiceCall(this);
    fill(this.element, this.caption, el("div.case", {}, el("div.screen", {}, this.status, this.body, this.tabs,
      this.voice.element, this.ussd.element, this.toast)));
  }

  /** Whether the keyboard is this phone's, or nobody's. */
  get active() {
    return this.element.contains(document.activeElement) || document.activeElement === document.body;
  }

  get on() { return reachable(this.network); }

  async begin() {
    this.subscribe();
    this.render();
    await Promise.all([this.messages.restore(), this.ussd.restore(), this.settings.refresh()]).catch(() => {});
  }

  end() { this.page.live.unsubscribe({ msisdn: this.msisdn }); }

  subscribe() { this.page.live.subscribe({ msisdn: this.msisdn, phone: this.on }); }

  /** Another subscriber's SIM card. */
  become(text) {
    const msisdn = this.page.number(text);
    if (!msisdn || msisdn === this.msisdn) return;
    this.end();
    this.msisdn = msisdn;
    this.network = "on";
    this.#furnish();
    this.begin();
    this.page.changed();
  }

  /** The network reaches the phone as this state says. */
  networkBecame(state) {
    if (state === this.network) return;
    this.network = state;
    this.subscribe();
    this.render();
  }

  /** Something the gateway tells of this number. */
  happened(event) {
    if (!this.on) return;
    if (event.event === "sms") this.messages.arrived(event);
    else if (event.event === "sms_taken") this.messages.taken(event);
    else if (event.event === "step" && event.channel === "voice") this.voice.happened(event);
    else if (event.event === "step") this.ussd.happened(event);
    if (this.view === "settings") this.settings.refresh();
  }

  messageArrived(peer, text, looking) {
    this.renderTabs();
    if (looking) return;
    clearTimeout(this.timer);
    const open = () => {
      fill(this.toast);
      this.show("messages");
      this.messages.show(peer);
    };
    fill(this.toast, el("button", { type: "button", onclick: open },
      el("strong", {}, t("new_sms", peer)), el("span", {}, text)));
    this.timer = setTimeout(() => fill(this.toast), TOAST_MS);
  }

  show(view) {
    this.view = view;
    if (view === "settings") this.settings.refresh();
    if (view === "messages") fill(this.toast); // it would lie over the list that says the same
    this.render();
    this.focus();
  }

  focus() {
    if (this.active && this.view === "dial") this.dialler.input?.focus({ preventScroll: true });
  }

  render() {
    this.element.setAttribute("aria-label", t("phone", this.msisdn));
    this.element.dataset.msisdn = this.msisdn;
    const recording = this.page.recording(this);
    fill(this.caption, el("h2.grow", {}, this.msisdn),
      el(recording ? "button.record.going" : "button.record", { type: "button",
        onclick: () => this.page.record(this) }, el("i", { "aria-hidden": "true" }),
      recording ? t("recording") : t("record")),
      el("button.remove", { type: "button", "aria-label": t("remove_phone"), title: t("remove_phone"),
        onclick: () => this.page.remove(this) }, icon(CROSS)));
    this.renderStatus();
    this.renderTabs();
    for (const part of [this.messages, this.settings, this.ussd, this.voice]) part.render();
    fill(this.body, this.view === "dial" ? this.dialler.render() : this[this.view].element);
  }

  renderStatus() {
    const link = this.page.live.open;
    const state = link ? t(`net_${this.network}`) : t("lost");
    const bars = link && this.on ? "span.bars" : "span.bars.none";
    fill(this.status, el(bars, { "aria-hidden": "true" }, el("i"), el("i"), el("i"), el("i")),
      el("span.grow", {}, state),
      el("span", {}, new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })));
  }

  renderTabs() {
    fill(this.tabs, ...Object.entries(VIEWS).map(([view, path]) => {
      const unread = view === "messages" ? this.messages.unread.size : 0;
      return el("button", { type: "button", "data-view": view,
        "aria-current": view === this.view ? "page" : null, onclick: () => this.show(view) },
      icon(path), el("span", {}, t(`screen_${view}`)),
      unread ? el("b.badge", {}, unread) : null);
    }));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && this.ussd.open) this.ussd.close();
    else if (this.ussd.open || event.target.closest("input, textarea, select, header")) return;
    else if (this.voice.open ? !this.voice.key(event) : this.view !== "dial" || !this.dialler.key(event)) return;
    event.preventDefault();
  }
}
