"""A small menu and what can be exercised of it."""

from pathlib import Path

from ussd_gateway.billing.catalogue import load_catalogue
from ussd_gateway.menu.loader import load_menus
from ussd_gateway.menu.model import Menu
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.service import surroundings

ROOT = Path(__file__).resolve().parents[4]

MENU = """
menu: small
about: A bit of everything
service_codes: ["*900#"]
direct: {"*900*{to}#": send}
parameters: {to: {match: msisdn}}
on: {denied: {end: "{reason}"}}
start: root
screens:
  root:
    choices:
      1: {label: Balance, to: [{screen: company, when: subscriber.corporate}, {screen: own}]}
      2: {label: Points, to: points, when: bonus.member}
      3: {label: Tones, to: tones}
      4: {label: Password, to: password}
  own: {end: number}
  company: {end: number}
  points:
    action: bonus.balance
    on: {done: {end: "{points}"}}
  tones:
    list: {from: tones, label: "{name}", to: tone}
    choices:
      0: {label: Back, back: true}
  tone: {end: "{name}"}
  password:
    to: [{screen: shown, when: password.on_screen}, {screen: own}]
  shown: {end: number}
  send:
    action: pay.call_me
    with: {to: "{to}"}
    on: {done: {end: request.sent}}
"""


def menu_of(folder: Path, text: str = MENU) -> Menu:
    """A menu from text, with the shipped catalogue."""
    path = folder / "menu.yaml"
    path.write_text(text, encoding="utf-8")
    texts = load_catalogue(ROOT / "catalogue").texts
    (menu,) = load_menus(path, surroundings(texts, NumberingPlan())).by_name.values()
    return menu
