// The page of the personal account: the login form, then the cabinet of a number or of a company.

import { onTokenWanted } from "./api.js";
import { askForToken, bar } from "./bar.js";
import { el, fill } from "./dom.js";
import { CompanyCabinet } from "./lk_company.js";
import { Login } from "./lk_login.js";
import { NumberCabinet } from "./lk_number.js";
import { ask } from "./lk_parts.js";
import "./lk_texts.js";
import { t } from "./texts.js";

const head = el("div");
let view = null;

function show(next) {
  view?.element.remove();
  view = next;
  document.body.append(view.element);
  render();
}

function leave(said) {
  show(new Login(enter, said));
  [...view.element.querySelectorAll("input")].find((each) => !each.value)?.focus();
}

async function enter() {
  let me;
  try {
    me = await ask("GET", "/me");
  } catch (error) {
    leave(error.body?.reason === "lk.session" ? "" : error.message);
    return;
  }
  const cabinet = me.msisdn ? new NumberCabinet(me, leave) : new CompanyCabinet(me, leave);
  await cabinet.load(cabinet.tab);
  show(cabinet);
}

function render() {
  document.title = `${t("lk")} · ussd-gateway`;
  fill(head, bar(render));
  view?.render();
}

onTokenWanted(askForToken);
document.body.append(head);
render();
enter();
