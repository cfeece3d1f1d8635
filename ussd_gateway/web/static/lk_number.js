// The cabinet of a number: account, payments, services and tariff, bonus, settings.

import { el } from "./dom.js";
import { Cabinet, figure } from "./lk_cabinet.js";
import { act, ask, card, day, deed, list, push, rows } from "./lk_parts.js";
import { t } from "./texts.js";

const LISTS = {
  account: ["packages.bought"],
  payments: ["promised.tiers", "topups.last"],
  services: ["services.mine", "services.available", "tariffs.available", "packages.data", "packages.minutes",
    "packages.sms"],
  bonus: ["bonus.rewards", "bonus.money"],
  settings: [],
};
const FORWARDS = ["all", "busy", "no_answer", "unreachable"];
const MONTH_WORDS = ["lk_this_month", "lk_last_month"];
const MONTHS = [0, 1, 2, 3, 4, 5];
const KOPECKS = 100;

const roubles = (kopecks) => t("roubles", (kopecks / KOPECKS).toFixed(2));
const money = { inputmode: "decimal", required: true };
const phone = { inputmode: "tel", required: true };

export class NumberCabinet extends Cabinet {
  tabs() { return Object.keys(LISTS); }

  async load(tab) {
    const [facts, ledger, ...lists] = await Promise.all([
      ask("GET", "/facts"), tab === "account" ? ask("GET", "/ledger?limit=30") : null, ...LISTS[tab].map(list)]);
    this.facts = facts.facts;
    this.ledger = ledger?.entries ?? [];
    this.lists = Object.fromEntries(LISTS[tab].map((name, index) => [name, lists[index]]));
  }

  head() {
    return [el("h2", {}, `+${this.me.msisdn}`), figure(t("tariff"), this.me.tariff_name),
      figure(t("balance"), t("roubles", this.me.balance)),
      // An employee spends what the company gives.
      this.me.budget === undefined ? null
        : figure(t("lk_budget"), t("roubles", `${this.me.budget} / ${this.me.budget_limit}`))];
  }

  cards(tab) { return this[`_${tab}`](); }

  #act(action, args) { return () => act(action, args); }

  // A button that turns something on, and off when it is on.
  #turn(on, action, name = "on") {
    return push(this, t(on ? "lk_turn_off" : "lk_turn_on"), this.#act(action, { [name]: !on }));
  }

  _account() {
    const { facts } = this;
    return [
      card(t("lk_remains"), rows([
        { title: t("lk_minutes"), sum: String(facts["remains.minutes"]) },
        { title: "SMS", sum: String(facts["remains.sms"]) },
        { title: t("lk_mb"), sum: String(facts["remains.mb"]) },
        ...this.lists["packages.bought"].map((each) => ({
          title: each.name, more: t("lk_until", day(each.expires_ms)), sum: `${each.left} / ${each.size}` })),
      ])),
      card(t("lk_spent"), rows([
        { title: t("lk_day"), sum: roubles(facts["spent.day_kop"]) },
        { title: t("lk_month"), sum: roubles(facts["spent.month_kop"]) },
      ])),
      card(t("lk_detail"), deed(this, [
        { name: "month", label: t("lk_month"), options: MONTHS.map((each) => [each, t(MONTH_WORDS[each] ?? "lk_months_ago", each)]) },
        { name: "email", label: "E-mail", kind: "email", value: facts["account.email"], required: true },
      ], t("lk_order"), async ({ month, email }) => {
        const { ready_ms: ready } = await act("acct.detail", { month: Number(month), email });
        return t("lk_ready", day(ready));
      })),
      card(t("lk_ledger"), rows(this.ledger.map((each) => ({
        title: `${t(`kind_${each.kind}`)}${each.note ? ` · ${each.note}` : ""}`, more: day(each.at),
        sum: t("roubles", each.amount) })))),
    ];
  }

  _payments() {
    const { facts } = this;
    const last4 = facts["pay.card"];
    return [
      card(t("lk_card"), ...(last4
        ? [deed(this, [{ name: "amount", label: t("lk_amount"), ...money }], t("lk_pay", last4),
          ({ amount }) => act("pay.card", { amount })),
        push(this, t("lk_card_forget"), this.#act("pay.card_unbind"))]
        : [deed(this, [{ name: "number", label: t("lk_card_number"), inputmode: "numeric", required: true }],
          t("lk_card_bind"), async ({ number }) => {
            await act("pay.card_bind", { number });
            return t("lk_code_sent");
          }),
        deed(this, [{ name: "code", label: t("lk_code"), inputmode: "numeric", required: true }], t("lk_confirm"),
          ({ code }) => act("pay.card_confirm", { code }))])),
      card(t("lk_autopay"), facts["pay.autopay"]
        ? push(this, t("lk_turn_off"), this.#act("pay.autopay_off"))
        : deed(this, [{ name: "threshold", label: t("lk_threshold"), value: "50", ...money },
          { name: "amount", label: t("lk_amount"), value: "100", ...money }], t("lk_turn_on"),
        (values) => act("pay.autopay_set", values))),
      card(t("lk_promised"), rows(this.lists["promised.tiers"].map((each) => ({
        title: roubles(each.amount_kop), more: t("lk_fee", roubles(each.fee_kop)),
        button: push(this, t("lk_take"), this.#act("pay.promised", { tier: each.tier })) })))),
      card(t("lk_transfer"),
        deed(this, [{ name: "to", label: t("to"), ...phone }, { name: "amount", label: t("lk_amount"), ...money }],
          t("lk_ask_transfer"), async (values) => {
            await act("pay.transfer", values);
            return t("lk_code_sent");
          }),
        deed(this, [{ name: "code", label: t("lk_code"), inputmode: "numeric", required: true }], t("lk_confirm"),
          ({ code }) => act("pay.transfer_confirm", { code }))),
      card(t("lk_topups"), rows(this.lists["topups.last"].map((each) => ({
        title: each.note || t("kind_topup"), more: day(each.at_ms), sum: roubles(each.amount_kop) })))),
    ];
  }

  _services() {
    const { facts, lists } = this;
    const packages = [...lists["packages.data"], ...lists["packages.minutes"], ...lists["packages.sms"]];
    return [
      card(t("lk_my_services"), rows(lists["services.mine"].map((each) => ({
        title: each.name, more: each.price,
        button: push(this, t("lk_turn_off"), this.#act("svc.off", { code: each.code })) }))),
      lists["services.mine"].length ? push(this, t("lk_stop_paid"), this.#act("svc.stop_content")) : null),
      card(t("lk_tariffs"),
        facts["tariff.waiting"] ? push(this, t("lk_tariff_cancel", facts["tariff.next_name"]),
          this.#act("tariff.cancel")) : null,
        rows(lists["tariffs.available"].map((each) => ({
          title: each.name, more: [each.content, each.price].filter(Boolean).join(" · "),
          button: each.code === this.me.tariff ? null : push(this, t("lk_choose"), async () => {
            const { effective_ms: from } = await act("tariff.change", { code: each.code });
            return t("lk_from", each.name, day(from));
          }) })))),
      card(t("lk_more_services"), rows(lists["services.available"].map((each) => ({
        title: each.name, more: each.price,
        button: push(this, t("lk_turn_on"), this.#act("svc.on", { code: each.code })) })))),
      card(t("lk_packages"), rows(packages.map((each) => ({
        title: each.name, more: roubles(each.price_kop),
        button: push(this, t("lk_buy"), this.#act("pkg.buy", { code: each.code })) })))),
    ];
  }

  _bonus() {
    const { facts, lists } = this;
    if (!facts["bonus.member"]) {
      return [card(t("lk_bonus"), push(this, t("lk_join"), this.#act("bonus.join"), "main"))];
    }
    const points = (each) => t("lk_points", each.points);
    return [
      card(t("lk_bonus"), figure(t("lk_have"), t("lk_points", facts["bonus.points"])),
        push(this, t("lk_leave_bonus"), this.#act("bonus.leave"))),
      card(t("lk_bonus_money"), rows(lists["bonus.money"].map((each) => ({
        title: roubles(each.amount_kop), more: points(each),
        button: push(this, t("lk_take"), this.#act("bonus.redeem_money", { amount: each.amount })) })))),
      card(t("lk_rewards"), rows(lists["bonus.rewards"].map((each) => ({
        title: each.name, more: points(each),
        button: push(this, t("lk_take"), this.#act("bonus.redeem", { code: each.code })) })))),
    ];
  }

  _settings() {
    const { facts } = this;
    return [
      card(t("lk_forwarding"),
        facts["forwarding.on"] ? rows([{ title: facts["forwarding.text"],
          button: push(this, t("lk_forward_none"), this.#act("cf.clear")) }]) : null,
        deed(this, [{ name: "kind", label: t("lk_when"), options: FORWARDS.map((each) => [each, t(`lk_cf_${each}`)]) },
          { name: "to", label: t("lk_forward_to"), ...phone }], t("lk_forward"), (values) => act("cf.set", values))),
      card(t("lk_new_password"), deed(this, ["old", "new", "repeat"].map((name) => ({
        name, label: t(`lk_${name}`), kind: "password", required: true,
        autocomplete: name === "old" ? "current-password" : "new-password" })), t("apply"),
      (values) => ask("POST", "/password", { login: this.me.msisdn, ...values }).catch((error) => {
        if ("attempts_left" in error.body) error.message = t("lk_wrong_old", error.body.attempts_left);
        throw error;
      }))),
      card(t("lk_switches"), rows([
        { title: t("lk_autologin"), button: this.#turn(facts["autologin.on"], "autologin.set") },
        { title: t("lk_roaming"), button: this.#turn(facts["roaming.on"], "roaming.set") },
        { title: t("lk_autorenew"), button: this.#turn(facts["packages.autorenew"], "pkg.autorenew") },
        { title: t("lk_transfer_bar"), button: this.#turn(facts["pay.transfer_bar"], "pay.transfer_bar") },
        { title: t("lk_content_ban"), button: this.#turn(facts["content.banned"], "svc.stop_content") },
      ])),
      card(t("lk_language"), deed(this, [{ name: "language", label: t("language"), value: this.me.language,
        options: ["ru", "en", "translit"].map((each) => [each, t(`lang_${each}`)]) }], t("apply"),
      (values) => act("account.language", values))),
      card(t("lk_block"), facts["block.on"]
        ? push(this, t("lk_unblock"), this.#act("num.unblock"))
        : deed(this, [{ name: "days", label: t("lk_days"), kind: "number", value: "7", required: true,
          min: facts["block.min_days"], max: facts["block.max_days"] }], t("lk_do_block"),
        ({ days }) => act("num.block", { days: Number(days) }), "stop")),
    ];
  }
}
