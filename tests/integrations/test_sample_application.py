"""The sample application of examples/, as its first lines say it is run."""

import sys

from tests.e2e.running import ROOT, Gateway, clean_environment
from tests.integrations.guide import Guide, follow, program


def test_it_serves_its_code(gateway: Gateway) -> None:
    options = ("--port", str(gateway.smpp_port))
    search = clean_environment() | {"PYTHONPATH": str(ROOT)}
    sample = (sys.executable, "examples/ussd_application.py", *options)
    with program(*sample, folder=ROOT, environment=search) as application:
        assert application.line() == "bound, dial *500#"
        # It has the conversation of every guide.
        follow(Guide("smpplib"), gateway)
