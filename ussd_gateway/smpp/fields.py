"""The rare and the faulty fields: times, destination lists, all errors (SMPP 3.4 §3.1, §5.2).

`compiler` writes the common case of each field inline and calls these functions for the rest. Readers
take the frame as octets and as the same octets in Latin-1, and return the value and where the next field
begins; writers return octets.
"""

from collections.abc import Sequence

from ussd_gateway.errors import LocalProtocolError, PduError
from ussd_gateway.smpp.constants import CommandStatus, DestFlag
from ussd_gateway.smpp.pdus import DistributionList, SmeAddress, UnsuccessfulSme

ADDRESS_OCTETS = 21
TIME_CHARACTERS = 16
MAX_DESTINATIONS = 254


def truncated(name: str) -> PduError:
    """A body shorter than its mandatory fields (SMPP 3.4 table 5-2, ESME_RINVCMDLEN)."""
    return PduError(CommandStatus.RINVCMDLEN, f"the body ends inside {name}")


def bad_string(text: str, at: int, name: str, max_octets: int, status: int) -> PduError:
    """What is wrong with a C-Octet String that has no NUL within `max_octets`."""
    if "\0" not in text[at:] and len(text) - at < max_octets:
        return truncated(name)
    return PduError(status, f"{name} is longer than {max_octets - 1} octets")


def bad_length(length: int) -> PduError:
    """sm_length 255, or more than the body holds (SMPP 3.4 §5.2.21)."""
    return PduError(CommandStatus.RINVMSGLEN, f"sm_length {length} does not fit")


def unwritable(name: str, max_octets: int) -> LocalProtocolError:
    """A field of ours that the wire cannot carry."""
    return LocalProtocolError(f"{name} holds a NUL or more than {max_octets} octets")


def read_string(text: str, at: int, name: str, max_octets: int, status: int) -> tuple[str, int]:
    """A C-Octet String of at most `max_octets` octets, its NUL included."""
    stop = text.find("\0", at)
    if not 0 <= stop - at < max_octets:
        raise bad_string(text, at, name, max_octets, status)
    return text[at:stop], stop + 1


def write_string(value: str, name: str, max_octets: int) -> bytes:
    if len(value) >= max_octets or "\0" in value:
        raise unwritable(name, max_octets - 1)
    return value.encode("latin-1") + b"\0"


def read_time(text: str, at: int, name: str, status: int) -> tuple[str, int]:
    """A time that is not empty: exactly 16 characters and a NUL (SMPP 3.4 §7.1.1)."""
    value, after = read_string(text, at, name, TIME_CHARACTERS + 1, status)
    if value and len(value) != TIME_CHARACTERS:
        raise PduError(status, f"{name} is neither empty nor {TIME_CHARACTERS} characters")
    return value, after


def write_time(value: str, name: str) -> bytes:
    if value and len(value) != TIME_CHARACTERS:
        raise LocalProtocolError(f"{name} is neither empty nor {TIME_CHARACTERS} characters")
    return write_string(value, name, TIME_CHARACTERS + 1)


def read_destinations(frame: bytes, text: str, at: int) -> tuple[list[SmeAddress | DistributionList], int]:
    """number_of_dests and the destinations of submit_multi (SMPP 3.4 §4.5.1)."""
    count = frame[at]
    if not 1 <= count <= MAX_DESTINATIONS:
        raise PduError(CommandStatus.RINVNUMDESTS, f"number_of_dests {count} is not in 1-{MAX_DESTINATIONS}")
    at += 1
    found: list[SmeAddress | DistributionList] = []
    for _ in range(count):
        flag = frame[at]
        if flag == DestFlag.SME_ADDRESS:
            ton, npi = frame[at + 1], frame[at + 2]
            address, at = read_string(
                text, at + 3, "destination_addr", ADDRESS_OCTETS, CommandStatus.RINVDSTADR
            )
            found.append(SmeAddress(ton, npi, address))
        elif flag == DestFlag.DISTRIBUTION_LIST:
            name, at = read_string(text, at + 1, "dl_name", ADDRESS_OCTETS, CommandStatus.RINVDLNAME)
            found.append(DistributionList(name))
        else:
            raise PduError(CommandStatus.RINVDESTFLAG, f"dest_flag {flag} is neither 1 nor 2")
    return found, at


def write_destinations(items: Sequence[SmeAddress | DistributionList]) -> bytes:
    if not 1 <= len(items) <= MAX_DESTINATIONS:
        raise LocalProtocolError(f"submit_multi takes 1-{MAX_DESTINATIONS} destinations, not {len(items)}")
    octets = bytearray((len(items),))
    for item in items:
        if isinstance(item, SmeAddress):
            octets += bytes((DestFlag.SME_ADDRESS, item.ton, item.npi))
            octets += write_string(item.address, "destination_addr", ADDRESS_OCTETS)
        else:
            octets.append(DestFlag.DISTRIBUTION_LIST)
            octets += write_string(item.dl_name, "dl_name", ADDRESS_OCTETS)
    return bytes(octets)


def read_unsuccessful(frame: bytes, text: str, at: int) -> tuple[list[UnsuccessfulSme], int]:
    """no_unsuccess and the refused destinations of submit_multi_resp (SMPP 3.4 §4.5.2)."""
    count = frame[at]
    at += 1
    found = []
    for _ in range(count):
        ton, npi = frame[at], frame[at + 1]
        address, at = read_string(text, at + 2, "destination_addr", ADDRESS_OCTETS, CommandStatus.RINVDSTADR)
        if at + 4 > len(frame):
            raise truncated("error_status_code")
        found.append(UnsuccessfulSme(ton, npi, address, int.from_bytes(frame[at : at + 4], "big")))
        at += 4
    return found, at


def write_unsuccessful(items: Sequence[UnsuccessfulSme]) -> bytes:
    octets = bytearray((len(items),))
    for item in items:
        octets += bytes((item.ton, item.npi))
        octets += write_string(item.address, "destination_addr", ADDRESS_OCTETS)
        octets += item.error_status_code.to_bytes(4, "big")
    return bytes(octets)
