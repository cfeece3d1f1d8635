"""The calls of the personal account, as data (`routes.py`)."""

from ussd_gateway.web import cabinet, changes, companies, company_papers, lk, operations, subscribers
from ussd_gateway.web.route import AFTER, Query, Route, up_to

_LK = "/api/v1/lk"
_COMPANY = f"{_LK}/company"
_KIND = Query("kind", "Lines of this kind only.")
_NUMBERS = (
    Query("search", "A part of a number or of a name."),
    Query("tag", "A label."),
    AFTER,
    up_to(companies.MAX_PAGE),
)
_PAYMENTS = (
    Query("period", "A month or two days."),
    _KIND,
    Query("number", "Lines about one number."),
    AFTER,
    up_to(company_papers.MAX_LINES),
)

LK_ROUTES = (
    Route("POST", f"{_LK}/login", lk.login, "Log in with a password or a code.", lk.Login),
    Route("POST", f"{_LK}/password", lk.change_password, "Change the password.", lk.NewPassword),
    Route(
        "POST", f"{_LK}/otp", lk.send_code, "A one-time code by SMS.", lk.CodeWanted, "sent", statuses=(202,)
    ),
    Route("POST", f"{_LK}/logout", cabinet.logout, "End the session.", gives="logged_out"),
    Route("GET", f"{_LK}/me", cabinet.me, "Whose session it is.", gives="login"),
    Route("GET", f"{_LK}/facts", cabinet.facts, "What a menu may know.", gives="facts"),
    Route("GET", f"{_LK}/lists/{{list}}", cabinet.rows, "A list a menu may show.", gives="rows"),
    Route(
        "GET",
        f"{_LK}/ledger",
        cabinet.ledger,
        "Lines of the ledger.",
        gives="entries next",
        query=(_KIND, AFTER, up_to(subscribers.MAX_ROWS)),
    ),
    Route(
        "POST",
        f"{_LK}/actions/{{action}}",
        cabinet.perform,
        "Do what the personal account offers.",
        operations.Arguments,
        "msisdn",
        keyed=True,
    ),
    Route(
        "GET",
        f"{_COMPANY}/offers",
        cabinet.offers,
        "What a company can give to its numbers.",
        gives="tariffs services",
    ),
    Route(
        "GET",
        f"{_COMPANY}/numbers",
        cabinet.numbers,
        "The company's numbers.",
        gives="numbers joining next",
        query=_NUMBERS,
    ),
    Route(
        "POST",
        f"{_COMPANY}/numbers",
        cabinet.enrol,
        "Let a number join.",
        companies.Enrol,
        "msisdn",
        keyed=True,
    ),
    Route(
        "POST",
        f"{_COMPANY}/import",
        cabinet.enrol_many,
        "Let many numbers join.",
        companies.EnrolMany,
        "numbers",
        keyed=True,
    ),
    Route(
        "DELETE",
        f"{_COMPANY}/numbers/{{number}}",
        cabinet.release,
        "Let a number leave.",
        gives="msisdn",
        query=(Query("tariff", "The one it then has."),),
        keyed=True,
    ),
    Route(
        "POST",
        f"{_COMPANY}/changes",
        cabinet.change,
        "Change many numbers, or see first.",
        changes.Change,
        "dry done denied numbers",
        keyed=True,
    ),
    Route("POST", f"{_COMPANY}/sim", cabinet.new_sim, "A new SIM card.", companies.NewSim, keyed=True),
    Route(
        "POST",
        f"{_COMPANY}/password",
        cabinet.new_password,
        "A new password.",
        companies.NewPassword,
        keyed=True,
    ),
    Route(
        "POST",
        f"{_COMPANY}/documents",
        cabinet.order,
        "Order a document.",
        company_papers.PaperWanted,
        "order email period ready_ms",
        keyed=True,
    ),
    Route("GET", f"{_COMPANY}/documents", cabinet.documents, "What was ordered.", gives="documents"),
    Route(
        "GET",
        f"{_COMPANY}/payments",
        cabinet.payments,
        "Lines of the company's account.",
        None,
        "period entries next",
        _PAYMENTS,
    ),
)
