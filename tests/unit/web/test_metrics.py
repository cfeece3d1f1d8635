"""What `/metrics` tells, and that the dashboard asks for nothing else."""

import json
import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

DOCS = Path(__file__).parents[3] / "docs"
ANNA = "79261234567"


async def families(api):
    response = await api.get("/metrics")
    assert response.status == 200
    assert response.content_type == "text/plain"
    return {family.name: family for family in text_string_to_metric_families(await response.text())}


async def value(api, sample: str, **labels: str) -> float | None:
    for family in (await families(api)).values():
        for found in family.samples:
            if found.name == sample and found.labels == labels:
                return float(found.value)
    return None


def names_of(found) -> set[str]:
    """The names a query may use."""
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
    return {family.name + ending for family in found.values() for ending in endings[family.type]}


async def test_dialogues_and_their_steps(api):
    first = await (await api.post("/api/v1/ussd", json={"msisdn": ANNA, "code": "*105#"})).json()
    assert await value(api, "ussdgw_dialogues_begun_total") == 1
    assert await value(api, "ussdgw_dialogues_open") == 1
    await api.post(f"/api/v1/ussd/{first['dialogue']}", json={"input": "1"})
    assert await value(api, "ussdgw_step_seconds_count", service_code="*105#") == 2
    assert await value(api, "ussdgw_step_seconds_bucket", service_code="*105#", le="+Inf") == 2
    await api.delete(f"/api/v1/ussd/{first['dialogue']}")
    assert await value(api, "ussdgw_dialogues_ended_total", reason="aborted") == 1
    assert await value(api, "ussdgw_dialogues_open") == 0


async def test_codes_that_nobody_serves_get_no_name_of_their_own(api):
    for code in ("*901#", "*902#", "*903#"):
        await api.post("/api/v1/ussd", json={"msisdn": ANNA, "code": code})
    assert await value(api, "ussdgw_dialogues_ended_total", reason="bad.code") == 3
    assert not any(
        "90" in str(family.samples) for family in (await families(api)).values() if "step" in family.name
    )


async def test_messages(api):
    for to in ("000105", "79261110001", "5"):
        await api.post("/api/v1/sms", json={"msisdn": ANNA, "to": to, "text": "PAS Secret77"})
    found = {
        (sample.labels["short_code"], sample.labels["outcome"])
        for sample in (await families(api))["ussdgw_sms_received"].samples
    }
    assert found == {("000105", "done"), ("", "delivered"), ("", "no_service")}


async def test_operations_and_commits(api):
    address, key = f"/api/v1/subscribers/{ANNA}/topup", {"Idempotency-Key": "k"}
    before = await value(api, "ussdgw_commits_total", outcome="done") or 0
    for _ in range(2):
        await api.post(address, json={"amount": "10.00"}, headers=key)
    await api.post(address, json={"amount": "-10.00"})
    assert await value(api, "ussdgw_operations_total", action="account.topup", outcome="done") == 1
    assert await value(api, "ussdgw_commits_total", outcome="done") == before + 1
    assert (await value(api, "ussdgw_commit_seconds_count") or 0) >= 1


async def test_pages(api):
    async with api.ws_connect("/ws"):
        assert await value(api, "ussdgw_ws_connections") == 1


async def test_the_dashboard_asks_for_what_there_is(api):
    names = names_of(await families(api))
    board = json.loads((DOCS / "grafana.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
    asked = {name for query in queries for name in re.findall(r"\b(?:ussdgw|process)_\w+", query)}
    assert asked
    assert asked <= names
    shown = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in asked}
    known = {family.name for family in (await families(api)).values() if family.name.startswith("ussdgw_")}
    assert known <= shown, "everything is on the dashboard"


async def test_labels_the_dashboard_asks_for(api):
    """Those it groups and filters by are on the page of metrics, beside the metric's name."""
    page = (DOCS / "metrics.md").read_text(encoding="utf-8")
    labels = {
        name.removesuffix("_total"): set(re.findall(r"`(\w+)`", cell)) | {"le"}
        for name, cell in re.findall(r"^\| `(ussdgw_\w+)` \|([^|]*)\|", page, re.MULTILINE)
    }
    board = json.loads((DOCS / "grafana.json").read_text(encoding="utf-8"))
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            names = re.findall(r"ussdgw_\w+", target["expr"])
            wanted = set(re.findall(r"by \(([^)]*)\)", target["expr"]))
            asked = {label for group in wanted for label in group.split(", ")}
            asked |= set(re.findall(r"{(\w+)=", target["expr"]))
            asked |= set(re.findall(r"{{(\w+)}}", target.get("legendFormat", "")))
            for name in names:
                known = labels[re.sub(r"_(total|bucket|sum|count)$", "", name)]
                assert asked <= known, (panel["title"], name)


async def test_the_page_lists_every_metric(api):
    page = (DOCS / "metrics.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(ussdgw_\w+)`", page, re.MULTILINE))
    found = await families(api)
    assert listed == {
        name + "_total" * (family.type == "counter")
        for name, family in found.items()
        if name.startswith("ussdgw_")
    }
