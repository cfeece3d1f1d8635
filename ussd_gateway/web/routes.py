"""Every call, as data: what the server serves, what the guide in docs/api.md lists."""

from ussd_gateway.web import (
    calls,
    changes,
    clock,
    companies,
    company_papers,
    events,
    faults,
    health,
    metrics,
    openapi,
    operations,
    pushes,
    recordings,
    replays,
    states,
    subscribers,
    traces,
    usage,
    ussd,
)
from ussd_gateway.web.lk_routes import LK_ROUTES
from ussd_gateway.web.route import Query, Route

_SUBSCRIBER = "/api/v1/subscribers/{msisdn}"
_COMPANY = "/api/v1/companies/{company}"
_CALL = "/api/v1/calls/{call}"
_DIALOGUES = "/api/v1/dialogues/{dialogue}"
_DIALOGUE = "/api/v1/ussd/{dialogue}"
_RECORDING = "/api/v1/recordings/{recording}"
_REPLAY = "/api/v1/replays/{replay}"

_LIMIT = Query("limit", "How many at most.", "integer")
_KIND = Query("kind", "Lines of this kind only.")
_HEARD = "call state heard left"
_SCREEN = "dialogue op text service_code"
_PUSH = "push msisdn ask state answer reason created"
_FAULT = "id fault account code msisdn times hits delay_ms status chance seed"
_RECORDED = "recording msisdn notes missed"
_REPLAYED = "replay script runs state detail"
_EVENTS = (
    Query("after", "`next` of the answer before.", "integer"),
    Query("wait", "How long to wait for something to happen."),
    Query("msisdn", "One number only."),
    Query("phone", "Switches the phone on or off.", "boolean"),
    _LIMIT,
)
_NUMBERS = (
    Query("search", "A part of a number or of a name."),
    Query("tag", "A label."),
    Query("after", "`next` of the answer before."),
    _LIMIT,
)
_PAYMENTS = (Query("period", "A month or two days."), _KIND, Query("number", "Lines about one number."))

ROUTES = (
    Route("GET", "/healthz", health.healthz, "The process lives.", gives="status"),
    Route("GET", "/readyz", health.readyz, "The gateway can serve; 503 says why not.", gives="status"),
    Route("GET", "/metrics", metrics.show, "What the gateway counts, for Prometheus."),
    Route("GET", "/api/v1/openapi.json", openapi.show, "The API in OpenAPI 3.1.", gives="openapi paths"),
    *LK_ROUTES,
    Route("GET", "/api/v1/clock", clock.show, "The gateway's time.", gives="clock now now_ms"),
    Route(
        "POST", "/api/v1/clock", clock.move, "Move a virtual clock forward.", clock.Move, "clock now happened"
    ),
    Route("POST", "/api/v1/calls", calls.dial, "Call a voice menu.", calls.Dial, _HEARD),
    Route("GET", _CALL, calls.listen, "What was said since.", gives=_HEARD),
    Route("POST", f"{_CALL}/keys", calls.press, "Press keys, or stay silent.", calls.Keys, _HEARD),
    Route("DELETE", _CALL, calls.hang_up, "Hang up.", gives=_HEARD),
    Route("POST", "/api/v1/ussd", ussd.dial, "Dial.", ussd.Dial, _SCREEN, keyed=True),
    Route("POST", _DIALOGUE, ussd.answer, "Answer a screen.", ussd.Input, _SCREEN, keyed=True),
    Route("DELETE", _DIALOGUE, ussd.hang_up, "Hang up.", gives="dialogue hung_up"),
    Route(
        "POST",
        "/api/v1/sms",
        ussd.send_sms,
        "Send a message from a phone.",
        ussd.Text,
        "message_id",
        keyed=True,
    ),
    Route(
        "POST",
        "/api/v1/push",
        pushes.send,
        "A screen of the network's own.",
        pushes.PushBody,
        _PUSH,
        keyed=True,
        statuses=(200, 202),
    ),
    Route(
        "GET",
        "/api/v1/push/{push}",
        pushes.show,
        "How far a push has come.",
        gives=_PUSH,
        statuses=(200, 202),
    ),
    Route("POST", "/api/v1/faults", faults.add, "Misbehave.", faults.FaultBody, _FAULT),
    Route("GET", "/api/v1/faults", faults.show, "The faults that wait.", gives="faults"),
    Route("DELETE", "/api/v1/faults", faults.clear, "Behave again.", gives="removed"),
    Route("DELETE", "/api/v1/faults/{fault}", faults.remove, "Forget one fault.", gives="removed"),
    Route(
        "GET",
        "/api/v1/events",
        events.events,
        "What happens, by long poll.",
        None,
        "events next missed",
        _EVENTS,
    ),
    Route(
        "POST",
        "/api/v1/recordings",
        recordings.begin,
        "Record a phone.",
        recordings.Wanted,
        "recording msisdn",
        statuses=(201,),
    ),
    Route("GET", _RECORDING, recordings.show, "How much was recorded.", gives=_RECORDED),
    Route("DELETE", _RECORDING, recordings.end, "End it: the script.", gives=f"{_RECORDED} script"),
    Route(
        "POST",
        "/api/v1/replays",
        replays.begin,
        "Play a session script.",
        replays.Wanted,
        _REPLAYED,
        statuses=(202,),
    ),
    Route("GET", _REPLAY, replays.show, "How far it has come.", gives=f"{_REPLAYED} steps"),
    Route("DELETE", _REPLAY, replays.stop, "Stop it.", gives=_REPLAYED),
    Route(
        "GET", _SUBSCRIBER, subscribers.show, "The account.", gives="account_no msisdn kind status balance"
    ),
    Route(
        "POST",
        _SUBSCRIBER,
        states.bring,
        "Bring the account into a state.",
        states.State,
        "msisdn",
        keyed=True,
    ),
    Route(
        "GET",
        f"{_SUBSCRIBER}/dialogue",
        ussd.show_dialogue,
        "The open dialogue, or the last one.",
        gives="open op",
    ),
    Route(
        "GET",
        f"{_SUBSCRIBER}/inbox",
        subscribers.inbox,
        "Messages to the number.",
        gives="messages",
        query=(Query("after", "Only ids above it.", "integer"), _LIMIT),
    ),
    Route(
        "GET",
        f"{_SUBSCRIBER}/ledger",
        subscribers.ledger,
        "Lines of the ledger.",
        None,
        "entries",
        (_KIND, _LIMIT),
    ),
    Route(
        "POST",
        f"{_SUBSCRIBER}/topup",
        subscribers.topup,
        "Add money.",
        subscribers.TopUp,
        "msisdn amount balance",
        keyed=True,
    ),
    Route(
        "POST",
        f"{_SUBSCRIBER}/balance",
        subscribers.set_balance,
        "Set the balance.",
        subscribers.SetBalance,
        "msisdn balance difference",
        keyed=True,
    ),
    Route(
        "POST",
        f"{_SUBSCRIBER}/usage",
        usage.use,
        "Charge a call, a message or data.",
        usage.Usage,
        "msisdn cost",
        keyed=True,
    ),
    Route(
        "POST",
        f"{_SUBSCRIBER}/actions/{{action}}",
        operations.perform,
        "Do what a menu may ask for.",
        operations.Arguments,
        "msisdn",
        keyed=True,
    ),
    Route("GET", f"{_SUBSCRIBER}/pcap", traces.number_pcap, "Its PDUs for Wireshark.", kind=traces.PCAP),
    Route("GET", f"{_SUBSCRIBER}/trace", traces.number_text, "Its PDUs to read.", kind="text/plain"),
    Route("GET", f"{_DIALOGUES}/pcap", traces.dialogue_pcap, "PDUs for Wireshark.", kind=traces.PCAP),
    Route("GET", f"{_DIALOGUES}/trace", traces.dialogue_text, "PDUs to read.", kind="text/plain"),
    Route("GET", f"{_SUBSCRIBER}/facts", operations.facts, "What a menu may know.", gives="facts"),
    Route("GET", f"{_SUBSCRIBER}/lists/{{list}}", operations.rows, "A list a menu may show.", gives="rows"),
    Route("GET", _COMPANY, companies.show, "A company.", gives="company name contract numbers login"),
    Route(
        "GET",
        f"{_COMPANY}/numbers",
        companies.show_numbers,
        "Its numbers and who uses them.",
        gives="numbers joining next",
        query=_NUMBERS,
    ),
    Route(
        "POST",
        f"{_COMPANY}/numbers",
        companies.enrol,
        "Let a number join.",
        companies.Enrol,
        "msisdn",
        keyed=True,
    ),
    Route(
        "POST",
        f"{_COMPANY}/import",
        companies.enrol_many,
        "Let many numbers join.",
        companies.EnrolMany,
        "numbers",
        keyed=True,
    ),
    Route(
        "DELETE",
        f"{_COMPANY}/numbers/{{number}}",
        companies.release,
        "Let a number leave.",
        gives="msisdn",
        query=(Query("tariff", "The one it then has."),),
        keyed=True,
    ),
    Route(
        "POST",
        f"{_COMPANY}/password",
        companies.new_password,
        "A new password.",
        companies.NewPassword,
        keyed=True,
    ),
    Route(
        "POST",
        f"{_COMPANY}/changes",
        changes.change,
        "Change many numbers, or see first.",
        changes.Change,
        "dry done denied numbers",
        keyed=True,
    ),
    Route(
        "POST",
        f"{_COMPANY}/sim",
        companies.new_sim,
        "A new SIM card for a number.",
        companies.NewSim,
        keyed=True,
    ),
    Route(
        "POST",
        f"{_COMPANY}/documents",
        company_papers.order,
        "Order a document.",
        company_papers.PaperWanted,
        "order email period ready_ms",
        keyed=True,
    ),
    Route(
        "GET", f"{_COMPANY}/documents", company_papers.show, "Documents that were ordered.", gives="documents"
    ),
    Route(
        "POST",
        f"{_COMPANY}/payments",
        company_papers.pay,
        "The company pays.",
        company_papers.Payment,
        keyed=True,
    ),
    Route(
        "GET",
        f"{_COMPANY}/payments",
        company_papers.payments,
        "Lines of the company's account.",
        None,
        "period entries",
        _PAYMENTS,
    ),
)
