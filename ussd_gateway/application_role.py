"""Role `application`, put together: one `SmppApplication` an account, registered with the desk."""

from collections.abc import Mapping, Sequence

from ussd_gateway.access.accounts import SmppAccount
from ussd_gateway.access.application_binds import ApplicationBinds
from ussd_gateway.access.application_dialogues import SmppApplication, Statuses
from ussd_gateway.access.applications import ApplicationsRole
from ussd_gateway.access.far_applications import FarApplications
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.short_messages import ShortMessages
from ussd_gateway.access.together import Together
from ussd_gateway.applications import Applications
from ussd_gateway.config import Config
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.ports import Ids
from ussd_gateway.ussd.dialects import Dialect


def applications_role(
    config: Config,
    accounts: Sequence[SmppAccount],
    dialects: Mapping[str, Dialect],
    short_messages: ShortMessages,
    desk: Applications,
    *,
    lanes: Lanes,
    ids: Ids,
    plan: NumberingPlan,
    together: Together | None,
) -> ApplicationsRole:
    """The handler for all binds of accounts with role application; `dialects` by system_id."""
    ussd, binds = config.ussd, ApplicationBinds()
    far = FarApplications(together.exchange, binds) if together is not None else None
    served = {
        account.system_id: SmppApplication(
            account,
            dialects[account.system_id],
            binds,
            desk,
            lanes=lanes,
            ids=ids,
            plan=plan,
            statuses=Statuses(ussd.gone_status, ussd.busy_status, ussd.absent_status),
            far=far,
        )
        for account in accounts
        if account.role == "application"
    }
    for application in served.values():
        desk.register(application.name, application)
    if far is not None and together is not None:
        far.connect(served)
        together.applications = far
    return ApplicationsRole(short_messages, plan=plan, binds=binds, dialogues=served)
