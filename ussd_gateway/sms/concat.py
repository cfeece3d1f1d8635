"""Long messages: parts from a phone joined into one text, one text to a phone cut into parts.

A part says which long message it belongs to in its user data header (3GPP TS 23.040 §9.2.3.24.1, .8) or
in the sar_* TLVs (SMPP 3.4 §5.3.2.22-24); message_payload needs neither.  Every part is acknowledged
on its own as it arrives; the text exists when the last one is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ussd_gateway.smpp.constants import DataCoding, EsmClass
from ussd_gateway.smpp.pdus import DataSm, ShortMessage
from ussd_gateway.smpp.text import (
    SMS_LIMITS,
    SMS_PART_LIMITS,
    Alphabet,
    alphabet_of,
    choose_coding,
    decode,
    split_octets,
)
from ussd_gateway.smpp.tlvs import message_octets, sar_segment
from ussd_gateway.smpp.udh import Concat, build_udh, concat_element, find_concat, split_udh

MAX_PARTS = 255


class PartKey(NamedTuple):
    """What makes two parts belong together; the reference alone collides (it has 8 or 16 bits)."""

    source: str
    destination: str
    reference: int
    total: int
    kind: Literal["udh8", "udh16", "sar"]


@dataclass(slots=True)
class Piece:
    """The text of one PDU, still in octets; `key` None when it stands alone."""

    key: PartKey | None
    sequence: int
    alphabet: Alphabet
    octets: bytes


def read_piece(pdu: ShortMessage | DataSm, default_alphabet: Alphabet = Alphabet.GSM7) -> Piece:
    """What a submit_sm, deliver_sm or data_sm carries and where in a long message it belongs.

    Never raises: a header or TLVs that make no sense leave a message that stands alone.
    """
    octets = message_octets(pdu)
    alphabet = alphabet_of(pdu.data_coding, default_alphabet=default_alphabet)
    if pdu.esm_class & EsmClass.UDHI:
        elements, octets = split_udh(octets)
        if concat := find_concat(elements):
            kind: Literal["udh8", "udh16"] = "udh16" if concat.wide else "udh8"
            key = PartKey(pdu.source_addr, pdu.destination_addr, concat.reference, concat.total, kind)
            return Piece(key, concat.sequence, alphabet, octets)
    elif pdu.tlvs and (segment := sar_segment(pdu)):
        reference, total, sequence = segment
        key = PartKey(pdu.source_addr, pdu.destination_addr, reference, total, "sar")
        return Piece(key, sequence, alphabet, octets)
    return Piece(None, 1, alphabet, octets)


class _Set:
    """The parts of one long message that have come so far."""

    __slots__ = ("expires_ms", "octets", "parts")

    def __init__(self, expires_ms: int) -> None:
        self.expires_ms = expires_ms
        self.octets = 0
        self.parts: dict[int, Piece] = {}


class Reassembler:
    """Joins the parts of long messages; what stays incomplete is forgotten after `expiry_ms`.

    `owner` in the methods is whose parts may be joined: the account (or bind) they arrived on.  One
    owner can fill only its own room: its oldest set goes when it opens more than `max_sets_per_owner`.
    A set of more than `max_octets` is forgotten as a whole.
    """

    def __init__(
        self,
        *,
        expiry_ms: int = 60_000,
        max_sets_per_owner: int = 1_000,
        max_octets: int = 65_536,
        default_alphabet: Alphabet = Alphabet.GSM7,
    ) -> None:
        self._expiry_ms = expiry_ms
        self._max_sets_per_owner = max_sets_per_owner
        self._max_octets = max_octets
        self._default_alphabet = default_alphabet
        # Sets stand in the order they were opened, and all live equally long: the oldest is the first.
        self._owners: dict[str, dict[PartKey, _Set]] = {}
        self.discarded = 0
        """Incomplete messages given up so far, for whatever reason."""

    def __len__(self) -> int:
        """How many messages are incomplete."""
        return sum(len(sets) for sets in self._owners.values())

    def take(self, owner: str, pdu: ShortMessage | DataSm, now_ms: int) -> str | None:
        """The text that this PDU completes, or None when parts are still missing."""
        piece = read_piece(pdu, self._default_alphabet)
        return self.add(owner, piece, now_ms)

    def add(self, owner: str, piece: Piece, now_ms: int) -> str | None:
        """The text that `piece` completes, or None.  A part that is there already is ignored."""
        if piece.key is None or piece.key.total == 1:
            return decode(piece.octets, piece.alphabet)
        self._expire_of(owner, now_ms)
        sets = self._owners.setdefault(owner, {})
        parts = sets.get(piece.key)
        if parts is None:
            if len(sets) >= self._max_sets_per_owner:
                self._discard(sets, next(iter(sets)))
            parts = sets[piece.key] = _Set(now_ms + self._expiry_ms)
        if piece.sequence in parts.parts:
            return None
        parts.parts[piece.sequence] = piece
        parts.octets += len(piece.octets)
        if parts.octets > self._max_octets:
            self._discard(sets, piece.key)
        elif len(parts.parts) == piece.key.total:
            del sets[piece.key]
            return "".join(_joined(parts.parts[sequence] for sequence in sorted(parts.parts)))
        return None

    def expire(self, now_ms: int) -> int:
        """Forget every set whose time is over; how many they were."""
        before = self.discarded
        for owner in list(self._owners):
            self._expire_of(owner, now_ms)
        return self.discarded - before

    def _expire_of(self, owner: str, now_ms: int) -> None:
        sets = self._owners.get(owner)
        if sets is None:
            return
        while sets and next(iter(sets.values())).expires_ms <= now_ms:
            self._discard(sets, next(iter(sets)))
        if not sets:
            del self._owners[owner]

    def _discard(self, sets: dict[PartKey, _Set], key: PartKey) -> None:
        del sets[key]
        self.discarded += 1


def _joined(pieces: Iterator[Piece]) -> Iterator[str]:
    """Texts of neighbours in one alphabet, decoded together: some senders cut inside a character."""
    octets, alphabet = b"", Alphabet.GSM7
    for piece in pieces:
        if octets and piece.alphabet is not alphabet:
            yield decode(octets, alphabet)
            octets = b""
        octets, alphabet = octets + piece.octets, piece.alphabet
    yield decode(octets, alphabet)


class OutPart(NamedTuple):
    """One message to send: `short_message` begins with a header when `esm_class` says so."""

    esm_class: int
    data_coding: int
    short_message: bytes


def split_sms(text: str, reference: int) -> list[OutPart]:
    """The messages that carry `text`: one of up to 160 septets or 70 UCS2 units, or parts of 153 or 67.

    `reference` (its low 8 bits are used) should differ between long messages to one subscriber.
    ValueError for a text of more than 255 parts.
    """
    data_coding, octets = choose_coding(text)
    alphabet = Alphabet.UCS2 if data_coding == DataCoding.UCS2 else Alphabet.GSM7
    units = len(octets) // 2 if alphabet is Alphabet.UCS2 else len(octets)
    if units <= SMS_LIMITS[alphabet]:
        return [OutPart(0, data_coding, octets)]
    pieces = split_octets(octets, alphabet, SMS_PART_LIMITS[alphabet])
    if len(pieces) > MAX_PARTS:
        raise ValueError(f"a text of {len(text)} characters needs more than {MAX_PARTS} messages")
    return [
        OutPart(
            EsmClass.UDHI,
            data_coding,
            build_udh(concat_element(Concat(reference & 0xFF, len(pieces), sequence, False))) + piece,
        )
        for sequence, piece in enumerate(pieces, start=1)
    ]
