// Beside the phones: what passes over SMPP for their numbers.

import { call } from "./api.js";
import { el } from "./dom.js";
import { Pdus } from "./pdus.js";
import { t } from "./texts.js";

const TRIES = 20;
const TRY_MS = 200;

export class Beside {
  /** `page`: {live, phones}. */
  constructor(page) {
    this.page = page;
    this.pdus = new Pdus({
      shown: (text) => text,
      choose: () => {},
      link: (dialogue) => el("a", { href: `/monitor#${dialogue}` }, t("page_monitor")),
      wanted: (pdu) => page.phones.some(({ msisdn }) => [pdu.msisdn, pdu.from, pdu.to].includes(msisdn)),
      none: () => t(page.phones.some((each) => each.way === "smpp") ? "mon_no_pdus" : "beside_http"),
    });
    this.element = el("aside.beside", { hidden: true, "aria-label": t("beside") }, this.pdus.element);
  }

  /** The gateway captures PDUs only while somebody looks. */
  async open(yes = true) {
    this.element.hidden = !yes;
    if (!yes) {
      this.page.live.unsubscribe("pdus");
      delete this.element.dataset.ready;
      return;
    }
    this.render();
    this.page.live.subscribe("pdus");
    // It begins a moment after it was asked to, and what passes before that is not seen.
    for (let asked = 0; asked < TRIES && !this.element.hidden; asked += 1) {
      const found = await call("GET", "/pdus?limit=200").catch(() => null);
      if (found) {
        this.take(found);
        this.element.dataset.ready = "yes";
        return;
      }
      await new Promise((done) => { setTimeout(done, TRY_MS); });
    }
  }

  take(told) { this.pdus.take(told); }

  render() {
    this.element.setAttribute("aria-label", t("beside"));
    if (!this.element.hidden) this.pdus.render();
  }
}
