"""A USSD application: asks for a name and an age, and greets.  It binds as the shipped account `app`.

    make run                                          the gateway, in another terminal
    .venv/bin/python examples/ussd_application.py
    .venv/bin/ussd-gateway dial '*500#' Anna 30 --msisdn 79261234567

The account speaks the dialect `plain`: the subscriber's number is all that tells dialogues apart.
"""

import argparse
import asyncio

from ussd_gateway.access.esme import Esme
from ussd_gateway.smpp.constants import UssdServiceOp
from ussd_gateway.smpp.pdus import DeliverSm, Pdu, SubmitSm
from ussd_gateway.smpp.text import choose_coding, decode_text
from ussd_gateway.smpp.tlvs import USSD_SERVICE_OP

ASK, END = UssdServiceOp.USSR_REQUEST, UssdServiceOp.PSSR_RESPONSE
dialogues: dict[str, list[str]] = {}


def next_screen(phone: str, op: int, text: str) -> tuple[int, str] | None:
    """What the phone is shown next; this is the whole application."""
    if op == UssdServiceOp.PSSR_INDICATION:
        dialogues[phone] = []
        return ASK, "Your name?"
    answers = dialogues.get(phone)
    if answers is None or op != UssdServiceOp.USSR_CONFIRM:
        dialogues.pop(phone, None)  # hung up, or too slow: nothing to show
        return None
    answers.append(text)
    if len(answers) == 1:
        return ASK, f"{answers[0]}, your age?"
    del dialogues[phone]
    return END, f"Hello {answers[0]}, {answers[1]} is a fine age"


class Application:
    """The link to the gateway: deliver_sm in, submit_sm out."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.esme = Esme(
            options.host, options.port, options.system_id, options.password, on_pdu=self.received
        )
        self.tasks: set[asyncio.Task[Pdu]] = set()

    def received(self, pdu: Pdu) -> None:
        op = USSD_SERVICE_OP.get(pdu)
        if not isinstance(pdu, DeliverSm) or op is None:
            return
        text = decode_text(pdu.short_message, pdu.data_coding, ussd=True)
        screen = next_screen(pdu.source_addr, op, text)
        if screen is not None:
            # In a task of its own: the answer is read by whoever called us.
            task = asyncio.create_task(self.esme.submit(self.submit_sm(pdu, *screen)))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def submit_sm(self, to: DeliverSm, op: int, text: str) -> SubmitSm:
        """The screen: source and destination change places."""
        data_coding, octets = choose_coding(text)
        return SubmitSm(
            service_type="USSD",
            source_addr=to.destination_addr,
            dest_addr_ton=to.source_addr_ton,
            dest_addr_npi=to.source_addr_npi,
            destination_addr=to.source_addr,
            data_coding=data_coding,
            short_message=octets,
            tlvs=[USSD_SERVICE_OP(op)],
        )


async def main() -> None:
    parser = argparse.ArgumentParser(description="A USSD application for *500#.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2775)
    parser.add_argument("--system-id", default="app")
    parser.add_argument("--password", default="app")
    application = Application(parser.parse_args())
    await application.esme.connect()
    print("bound, dial *500#", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
