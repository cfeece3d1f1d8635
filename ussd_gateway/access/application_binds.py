"""The receiving binds of applications, and which of them hears of a phone.

Of the binds whose `address_range` takes the code (SMPP 3.4 §5.2.7; compared with its digits, `500` of
`*500#`), each new dialogue gets the next one, so that an application with several instances shares the load;
all that follows in a dialogue goes to the bind that heard its beginning, while that is there.
"""

from collections.abc import Callable, Iterator

from ussd_gateway.access.binds import Takes, address_range
from ussd_gateway.access.link import Link


class ApplicationBinds:
    """All receiving binds of role application, by account."""

    def __init__(self) -> None:
        self._receivers: dict[str, list[tuple[Link, Takes]]] = {}
        self.on_changed: Callable[[], None] = lambda: None
        """Told that a bind has come or gone, when other gateways are to know."""

    def add(self, link: Link) -> None:
        """A receiving bind was accepted."""
        assert link.account is not None
        receivers = self._receivers.setdefault(link.account.system_id, [])
        receivers.append((link, address_range(link.address_range)))
        self.on_changed()

    def remove(self, link: Link) -> None:
        """It receives no more; harmless for one that never did."""
        assert link.account is not None
        receivers = self._receivers.get(link.account.system_id, [])
        receivers[:] = [each for each in receivers if each[0] is not link]
        self.on_changed()

    def ranges(self) -> Iterator[tuple[str, str]]:
        """(system_id, address_range) of every bind."""
        for system_id, receivers in self._receivers.items():
            for link, _ in receivers:
                yield system_id, link.address_range

    def for_message(self, system_id: str, code: str) -> Link | None:
        """The next bind in turn for a message to one of its short codes: of those that take the code, or of
        all, since it is the application that is meant."""
        return self.choose(system_id, code) or next(
            (link for link, _ in self._receivers.get(system_id, ()) if link.has_room), None
        )

    def choose(self, system_id: str, code: str, number: int = 0) -> Link | None:
        """The bind with this number, else the next in turn that takes the code; None when there is none."""
        receivers = self._receivers.get(system_id, [])
        digits = code.strip("*#")
        taking = [each for each in receivers if each[0].receiving and each[1](digits)]
        for link, _ in taking:
            if link.number == number:
                return link
        for each in taking:
            if each[0].has_room:
                # Whoever had its turn stands at the end of the row.
                receivers.remove(each)
                receivers.append(each)
                return each[0]
        return None
