"""What the files of the operator describe, for whoever chooses from it."""

ANNA, EMPLOYEE = "79261234567", "79260000001"


async def test_described_numbers_are_listed(api):
    found = (await (await api.get("/api/v1/subscribers")).json())["subscribers"]
    by_number = {each["msisdn"]: each for each in found}
    assert (by_number[ANNA]["tariff_name"], by_number[ANNA]["company"]) == ("Включайся! Пиши", "")
    assert by_number[EMPLOYEE]["company"] == "ООО Ромашка"


async def test_a_company_is_offered_what_it_can_have(api):
    found = await (await api.get("/api/v1/companies/romashka/offers")).json()
    employees = await (await api.get("/api/v1/companies/romashka/numbers")).json()
    codes = {each["code"] for each in found["tariffs"]}
    assert {each["tariff"] for each in employees["numbers"]} <= codes
    assert found["services"][0]["name"].keys() == {"ru", "en"}
    individual = await (await api.get(f"/api/v1/subscribers/{ANNA}")).json()
    assert individual["tariff"] not in codes
    assert (await api.get("/api/v1/companies/nobody/offers")).status == 404
