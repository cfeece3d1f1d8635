"""The generator against the echo and against a small server of known manners, over real sockets."""

import contextlib
import json
import socket
import threading

import pytest

from benchmarks import matrix, report, servers, wire
from benchmarks.generator import Link, Load, LoadFailed
from benchmarks.traffic import DialogueTraffic, SmsTraffic


class Peer(threading.Thread):
    """One accepted connection; `reply(frame)` gives the bytes to send for a PDU, None to hang up."""

    def __init__(self, reply):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.reply = reply
        self.frames = []
        self.start()

    @property
    def address(self):
        return self.listener.getsockname()

    def run(self):
        connection, _ = self.listener.accept()
        self.listener.close()
        stream = connection.makefile("rb")
        with connection, stream, contextlib.suppress(ConnectionError):
            while header := stream.read(16):
                frame = header + stream.read(wire.HEADER.unpack(header)[0] - 16)
                self.frames.append(frame)
                if (reply := self.reply(frame)) is None:
                    return
                connection.sendall(reply)


def answer(frame, body=b"\0", status=0):
    _, command, _, sequence = wire.HEADER.unpack_from(frame)
    return wire.HEADER.pack(16 + len(body), command | wire.RESPONSE, status, sequence) + body


def deliver(destination, text, op=None):
    """A deliver_sm has the layout of a submit_sm."""
    head, tail = wire.submit_sm("105", destination, text, ussd_op=op)
    return head[:4] + wire.SEQUENCE.pack(wire.DELIVER_SM) + head[8:] + wire.SEQUENCE.pack(500) + tail


def source_of(frame):
    return frame[frame.index(0, 16) + 3 :].split(b"\0")[0].decode()


def load_against(peer, make_traffic):
    link = Link(peer.address)
    link.bind("handset", "handset", "7925")
    traffic = make_traffic([link])
    load = Load([link], traffic)
    try:
        load.begin()
        load.run_for(0.05)
        load.drain()
    finally:
        load.close()
    return traffic


def short_dialogues(links):
    return DialogueTraffic(links, 2, code="*105#", inputs=("1",), proof="100", phones=4)


def test_every_message_is_matched_and_nothing_is_left_open():
    with servers.echo(None) as server:
        link = Link(server.address)
        link.bind("handset", "handset", "")
        traffic = SmsTraffic([link], 5, delivery=False)
        load = Load([link], traffic)
        load.begin()
        load.run_for(0.05)
        load.drain()
        load.close()
    tally = traffic.next_phase()
    assert not traffic.errors
    assert tally.units == tally.accepted >= 5
    assert len(tally.latencies["submit_sm"]) == tally.units


def test_dialogue_is_walked_to_its_end_and_screens_are_acknowledged():
    def reply(frame):
        command = wire.HEADER.unpack_from(frame)[1]
        if command != wire.SUBMIT_SM:
            return b"" if command & wire.RESPONSE else answer(frame)
        last = frame.endswith(bytes([wire.OP_ANSWER]))
        screen = ("Balance 100" if last else "1 Balance").encode("utf-16-be")
        op = wire.OP_END if last else wire.OP_REQUEST
        return answer(frame) + deliver(source_of(frame), screen, op)

    peer = Peer(reply)
    tally = (traffic := load_against(peer, short_dialogues)).next_phase()
    assert not traffic.errors
    assert tally.units >= 2
    assert tally.steps == tally.accepted == tally.delivered == 2 * tally.units
    acknowledged = [frame for frame in peer.frames if frame[4:8] == wire.DELIVER_SM_RESP_HEAD[4:8]]
    assert len(acknowledged) == tally.steps
    assert acknowledged[0] == answer(deliver("79250000000", b""))


@pytest.mark.parametrize(
    "status, screen, op, error",
    [
        (0x58, b"", None, "submit_sm_resp 0x00000058"),
        (0, b"Good bye", wire.OP_END, "screen 1: ussd_service_op 17"),
    ],
)
def test_faults_are_counted(status, screen, op, error):
    def reply(frame):
        command = wire.HEADER.unpack_from(frame)[1]
        if command != wire.SUBMIT_SM:
            return b"" if command & wire.RESPONSE else answer(frame)
        return answer(frame, status=status) + (deliver(source_of(frame), screen, op) if op else b"")

    assert load_against(Peer(reply), short_dialogues).errors == {error: 2}


def test_polite_refusal_is_no_success():
    def reply(frame):
        command = wire.HEADER.unpack_from(frame)[1]
        if command != wire.SUBMIT_SM:
            return b"" if command & wire.RESPONSE else answer(frame)
        last = frame.endswith(bytes([wire.OP_ANSWER]))
        return answer(frame) + deliver(
            source_of(frame), b"Try later", wire.OP_END if last else wire.OP_REQUEST
        )

    assert set(load_against(Peer(reply), short_dialogues).errors) == {"a last screen with another text"}


def test_refused_bind_is_loud():
    link = Link(Peer(lambda frame: answer(frame, status=0x0E)).address)
    with pytest.raises(LoadFailed, match="0x0000000e"):
        link.bind("handset", "wrong", "")
    link.close()


def test_lost_connection_is_loud():
    def reply(frame):
        return None if wire.HEADER.unpack_from(frame)[1] == wire.SUBMIT_SM else answer(frame)

    with pytest.raises(LoadFailed, match=r"closed a connection|connection lost"):
        load_against(Peer(reply), short_dialogues)


def test_matrix_runs_a_yardstick_and_reports_it():
    plan = matrix.Plan(servers=("echo",), windows=(2,), connections=2, warm_up_s=0.05, seconds=0.1)
    outcome = matrix.run(plan, progress=lambda text: None)
    assert outcome.ok
    [cell] = outcome.cells
    assert cell.units_per_s > 0
    written = json.loads(json.dumps(report.as_json(outcome, {"cores": 2}, [("start", "1 s")])))
    assert written["cells"][0]["server"] == "echo"
    assert "| echo | 2 |" in report.as_markdown(outcome, {"cores": 2}, [("start", "1 s")])


def test_missing_npm_is_left_out_with_its_reason(monkeypatch):
    monkeypatch.setenv("PATH", "")
    outcome = matrix.run(matrix.Plan(servers=("npm",)), progress=lambda text: None)
    assert outcome.ok
    assert outcome.skipped == {"npm": "npm or node is not installed"}
