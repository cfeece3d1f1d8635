"""Every call, as data: what the server serves, what the guide in docs/api.md lists."""

from dataclasses import dataclass

from ussd_gateway.web import (
    calls,
    changes,
    clock,
    companies,
    company_papers,
    events,
    faults,
    health,
    lk,
    operations,
    pushes,
    states,
    subscribers,
    usage,
    ussd,
)
from ussd_gateway.web.bodies import Body
from ussd_gateway.web.problems import Handler


@dataclass(frozen=True, slots=True)
class Route:
    """One call; `body` is the model its JSON must fit, None when it takes none."""

    method: str
    path: str
    handler: Handler
    summary: str
    body: type[Body] | None = None


_SUBSCRIBER = "/api/v1/subscribers/{msisdn}"
_COMPANY = "/api/v1/companies/{company}"
_CALL = "/api/v1/calls/{call}"
_DIALOGUE = "/api/v1/ussd/{dialogue}"

ROUTES = (
    Route("GET", "/healthz", health.healthz, "The process lives."),
    Route("GET", "/readyz", health.readyz, "The gateway can serve; 503 says why not."),
    Route("POST", "/api/v1/lk/login", lk.login, "Log in with a password or a code.", lk.Login),
    Route("POST", "/api/v1/lk/password", lk.change_password, "Change the password.", lk.NewPassword),
    Route("POST", "/api/v1/lk/otp", lk.send_code, "A one-time code by SMS.", lk.CodeWanted),
    Route("GET", "/api/v1/clock", clock.show, "The gateway's time."),
    Route("POST", "/api/v1/clock", clock.move, "Move a virtual clock forward.", clock.Move),
    Route("POST", "/api/v1/calls", calls.dial, "Call a voice menu.", calls.Dial),
    Route("GET", _CALL, calls.listen, "What was said since."),
    Route("POST", f"{_CALL}/keys", calls.press, "Press keys, or stay silent.", calls.Keys),
    Route("DELETE", _CALL, calls.hang_up, "Hang up."),
    Route("POST", "/api/v1/ussd", ussd.dial, "Dial.", ussd.Dial),
    Route("POST", _DIALOGUE, ussd.answer, "Answer a screen.", ussd.Input),
    Route("DELETE", _DIALOGUE, ussd.hang_up, "Hang up."),
    Route("POST", "/api/v1/sms", ussd.send_sms, "Send a message from a phone.", ussd.Text),
    Route("POST", "/api/v1/push", pushes.send, "A screen of the network's own.", pushes.PushBody),
    Route("GET", "/api/v1/push/{push}", pushes.show, "How far a push has come."),
    Route("POST", "/api/v1/faults", faults.add, "Misbehave.", faults.FaultBody),
    Route("GET", "/api/v1/faults", faults.show, "The faults that wait."),
    Route("DELETE", "/api/v1/faults", faults.clear, "Behave again."),
    Route("DELETE", "/api/v1/faults/{fault}", faults.remove, "Forget one fault."),
    Route("GET", "/api/v1/events", events.events, "What happens, by long poll."),
    Route("GET", _SUBSCRIBER, subscribers.show, "The account."),
    Route("POST", _SUBSCRIBER, states.bring, "Bring the account into a state.", states.State),
    Route("GET", f"{_SUBSCRIBER}/dialogue", ussd.show_dialogue, "The open dialogue, or the last one."),
    Route("GET", f"{_SUBSCRIBER}/inbox", subscribers.inbox, "Messages to the number."),
    Route("GET", f"{_SUBSCRIBER}/ledger", subscribers.ledger, "Lines of the ledger."),
    Route("POST", f"{_SUBSCRIBER}/topup", subscribers.topup, "Add money.", subscribers.TopUp),
    Route(
        "POST", f"{_SUBSCRIBER}/balance", subscribers.set_balance, "Set the balance.", subscribers.SetBalance
    ),
    Route(
        "POST",
        f"{_SUBSCRIBER}/usage",
        usage.use,
        "Charge a call, a message or data.",
        usage.Usage,
    ),
    Route("POST", f"{_SUBSCRIBER}/actions/{{action}}", operations.perform, "Do what a menu may ask for."),
    Route("GET", f"{_SUBSCRIBER}/facts", operations.facts, "What a menu may know."),
    Route("GET", f"{_SUBSCRIBER}/lists/{{list}}", operations.rows, "A list a menu may show."),
    Route("GET", _COMPANY, companies.show, "A company."),
    Route("GET", f"{_COMPANY}/numbers", companies.show_numbers, "Its numbers and who uses them."),
    Route("POST", f"{_COMPANY}/numbers", companies.enrol, "Let a number join.", companies.Enrol),
    Route("POST", f"{_COMPANY}/import", companies.enrol_many, "Let many numbers join.", companies.EnrolMany),
    Route("DELETE", f"{_COMPANY}/numbers/{{number}}", companies.release, "Let a number leave."),
    Route("POST", f"{_COMPANY}/password", companies.new_password, "A new password.", companies.NewPassword),
    Route(
        "POST", f"{_COMPANY}/changes", changes.change, "Change many numbers, or see first.", changes.Change
    ),
    Route("POST", f"{_COMPANY}/sim", companies.new_sim, "A new SIM card for a number.", companies.NewSim),
    Route(
        "POST", f"{_COMPANY}/documents", company_papers.order, "Order a document.", company_papers.PaperWanted
    ),
    Route("GET", f"{_COMPANY}/documents", company_papers.show, "Documents that were ordered."),
    Route("POST", f"{_COMPANY}/payments", company_papers.pay, "The company pays.", company_papers.Payment),
    Route("GET", f"{_COMPANY}/payments", company_papers.payments, "Lines of the company's account."),
)
