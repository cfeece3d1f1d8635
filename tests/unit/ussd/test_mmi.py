"""What a phone does with keys and SEND (3GPP TS 22.030), one table row a test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.ussd.mmi import CALL_CONTROL, SERVICE_CODES, Dialled, Kind, classify, simplified


def test_the_identity_request_stays_in_the_phone():
    assert classify("*#06#") == Dialled(Kind.LOCAL, "*#06#", "imei")


@pytest.mark.parametrize("sc, service", [("04", "pin"), ("042", "pin2"), ("05", "puk"), ("052", "puk2")])
def test_sim_codes_stay_in_the_phone_only_with_two_stars(sc, service):
    text = f"**{sc}*1111*2222*2222#"
    assert classify(text) == Dialled(Kind.LOCAL, text, service, "register", sc, "1111", "2222", "2222")
    assert classify(f"*{sc}*1111*2222*2222#").kind is Kind.USSD


@pytest.mark.parametrize(
    "lead, operation",
    [("*", "activate"), ("#", "deactivate"), ("*#", "interrogate"), ("**", "register"), ("##", "erase")],
)
@pytest.mark.parametrize("sc", SERVICE_CODES)
def test_known_service_codes_are_supplementary_services(lead, operation, sc):
    understood = classify(f"{lead}{sc}#")
    assert understood.kind is Kind.SUPPLEMENTARY
    assert (understood.operation, understood.sc) == (operation, sc)
    assert understood.service == SERVICE_CODES[sc]


def test_a_supplementary_service_is_parsed_into_its_parameters():
    forward = classify("**61*79161234567*11*20#")
    assert (forward.service, forward.sia, forward.sib, forward.sic) == ("CFNRy", "79161234567", "11", "20")
    change = classify("**03*330*1111*2222*2222#")
    assert (change.sia, change.sib, change.sic, change.password) == ("330", "1111", "2222", "2222")
    assert classify("**61**11#").sib == "11"


@pytest.mark.parametrize(
    "text, kind",
    [
        ("*100#", Kind.USSD),
        ("*105*1*1#", Kind.USSD),
        ("*100#1#", Kind.USSD),
        ("*21*1*2*3*4*5#", Kind.USSD),
        ("*21#1#", Kind.USSD),
        ("*88#", Kind.USSD),
        ("9#", Kind.USSD),
        ("#", Kind.USSD),
        ("привет#", Kind.USSD),
        ("7", Kind.USSD),
        ("75", Kind.USSD),
        ("*1", Kind.USSD),
        ("12", Kind.CALL),
        ("112", Kind.CALL),
        ("*100", Kind.CALL),
        ("0505", Kind.CALL),
        ("+79261234567", Kind.CALL),
        ("*21#79161234567", Kind.CALL),
    ],
)
def test_everything_else_is_ussd_when_it_ends_in_a_hash_or_is_short(text, kind):
    assert classify(text) == Dialled(kind, text, number=text if kind is Kind.CALL else "")


def test_clir_for_one_call_is_a_call():
    shown = classify("*31#+79161234567")
    hidden = classify("#31#89161234567")
    assert (shown.kind, shown.operation, shown.number) == (Kind.CALL, "activate", "+79161234567")
    assert (hidden.kind, hidden.operation, hidden.number) == (Kind.CALL, "deactivate", "89161234567")
    assert classify("*31#").kind is Kind.SUPPLEMENTARY


def test_in_a_call_single_digits_control_it_and_two_digits_are_ussd():
    for digit, meaning in CALL_CONTROL.items():
        assert classify(digit, in_call=True) == Dialled(Kind.CALL_CONTROL, digit, meaning)
    assert classify("7", in_call=True).kind is Kind.USSD
    assert classify("12", in_call=True).kind is Kind.USSD


def test_an_emergency_number_is_a_call_however_short():
    assert classify("08", emergency_numbers={"08"}).kind is Kind.CALL
    assert classify("08").kind is Kind.USSD


def test_a_phone_may_know_the_rare_codes():
    assert classify("*88#", rare_codes=True).service == "multicall"


def test_nothing_dialled_is_refused():
    with pytest.raises(ValueError, match="nothing was dialled"):
        classify("")


def test_secrets_stay_out_of_the_representation():
    assert "1111" not in repr(classify("**04*1111*2222*2222#"))


@given(st.text(alphabet="0123456789*#+ж", min_size=1, max_size=30))
def test_any_string_is_understood_and_only_a_final_hash_or_a_short_string_is_ussd(text):
    understood = classify(text)
    assert understood.text == text
    if understood.kind is Kind.USSD:
        assert text.endswith("#") or len(text) <= 2


@pytest.mark.parametrize(
    "dialled, simple",
    [
        ("*21*79261234567#", "**21*79261234567#"),
        ("**21*79261234567*11#", "**21*79261234567#"),
        ("**61*+79261234567*11*20#", "**61*+79261234567#"),
        ("**61*79261234567**20#", "**61*79261234567#"),
        ("*21#", "*21#"),
        ("#21#", "#21#"),
        ("##21*79261234567#", "##21#"),
        ("*#21**11#", "*#21#"),
        ("##002**16#", "##002#"),
        ("*33*0000*11#", "*33*0000#"),
        ("*#33**11#", "*#33#"),
        ("*43**11#", "*43#"),
        ("**03*330*0000*1234*1234#", "**03*330*0000*1234*1234#"),
        ("*03**0000*1234*1234#", "**03*330*0000*1234*1234#"),
        ("*105*21*1#", "*105*21*1#"),
        ("**04*1234*5678*5678#", "**04*1234*5678*5678#"),
        ("*31#79261234567", "*31#79261234567"),
        ("79261234567", "79261234567"),
    ],
)
def test_the_shortest_spelling(dialled, simple):
    assert simplified(dialled) == simple
    assert simplified(simple) == simple


@given(st.text("0123456789*#", min_size=1, max_size=40))
def test_simplifying_never_changes_what_a_phone_takes_the_string_for(dialled):
    assert classify(simplified(dialled)).kind is classify(dialled).kind
