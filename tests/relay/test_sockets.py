"""Mailboxes over WebSockets: the same, with a window of credit each way."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from nodes import until
from relays import SMALL, Frame, Running, ack_bytes, answers, frames, new_mid, post_bytes

BODY, OTHER = b"one".ljust(SMALL, b"\0"), b"two".ljust(SMALL, b"\0")
CREDIT = 32


def take(socket: ClientConnection, count: int) -> list[Frame]:
    found: list[Frame] = []
    while len(found) < count:
        message = socket.recv(timeout=30)
        assert isinstance(message, bytes)
        found += frames(message)
    return found


def told(socket: ClientConnection, count: int) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    while len(found) < count:
        message = socket.recv(timeout=30)
        assert isinstance(message, bytes)
        found += answers(message)
    return found


def nothing_comes(socket: ClientConnection) -> bool:
    """Whether a whole turn of the relay brings nothing on this socket."""
    socket.ping().wait(timeout=30)
    try:
        socket.recv(timeout=0.2)
    except TimeoutError:
        return True
    return False


def test_what_is_posted_on_one_socket_comes_out_of_the_other(relay: Running) -> None:
    mailbox, mids = relay.mailbox(), [new_mid() for _ in range(10)]
    with mailbox.reader() as reader, mailbox.sender() as sender:
        for mid in mids:
            sender.send(post_bytes(mid, BODY))
        assert told(sender, 10) == [(mid, 201) for mid in mids]
        assert take(reader, 10) == [(seq, mid, BODY) for seq, mid in enumerate(mids, 1)]


def test_a_post_on_a_socket_has_the_answers_of_http(relay: Running) -> None:
    mailbox, mid = relay.mailbox(), new_mid()
    with mailbox.sender() as sender:
        for body, status in [(BODY, 201), (BODY, 200), (OTHER, 409), (b"short", 413)]:
            sender.send(post_bytes(mid, body))
            assert told(sender, 1) == [(mid, status)]
        assert mailbox.put(mid, BODY).status_code == 200
        mailbox.delete()
        sender.send(post_bytes(mid, BODY))
        assert told(sender, 1) == [(mid, 404)]


def test_a_post_in_fragments_is_one_post(relay: Running) -> None:
    mailbox, mid = relay.mailbox(), new_mid()
    whole = post_bytes(mid, BODY)
    with mailbox.sender() as sender:
        sender.send([whole[:5], b"", whole[5:100], whole[100:], b""])
        assert told(sender, 1) == [(mid, 201)]
    assert [frame.body for frame in mailbox.read()] == [BODY]


def test_an_acknowledgement_that_comes_with_the_farewell_is_taken(relay: Running) -> None:
    mailbox = relay.mailbox()
    mailbox.post()
    with mailbox.reader() as reader:
        (frame,) = take(reader, 1)
        wire = reader.protocol  # so that both are in one piece
        wire.send_binary(ack_bytes(frame.seq))
        wire.send_close(1000)
        reader.socket.sendall(b"".join(wire.data_to_send()))
    until(lambda: mailbox.read() == [], "the acknowledgement")


def test_a_sender_who_reads_no_answers_still_gets_each_once(relay: Running) -> None:
    mailbox, mids = relay.mailbox(), [new_mid() for _ in range(5 * CREDIT)]
    with mailbox.sender() as sender:
        for mid in mids:
            sender.send(post_bytes(mid, BODY))
        assert sorted(told(sender, len(mids))) == sorted((mid, 201) for mid in mids)
    assert [frame.seq for frame in mailbox.read_all()] == list(range(1, len(mids) + 1))


def test_a_reader_is_sent_no_more_than_its_credit(relay: Running) -> None:
    mailbox = relay.mailbox()
    for _ in range(CREDIT + 8):
        mailbox.post()
    with mailbox.reader() as reader:
        first = take(reader, CREDIT)
        assert [frame.seq for frame in first] == list(range(1, CREDIT + 1))
        assert nothing_comes(reader)
        reader.send(ack_bytes(5))
        assert [frame.seq for frame in take(reader, 5)] == list(range(CREDIT + 1, CREDIT + 6))
        assert nothing_comes(reader)
        reader.send(ack_bytes(CREDIT + 5))
        assert [frame.seq for frame in take(reader, 3)] == [38, 39, 40]


def test_an_acknowledgement_drops_bodies_but_none_that_was_not_sent(relay: Running) -> None:
    mailbox = relay.mailbox()
    for _ in range(CREDIT + 8):
        mailbox.post()
    with mailbox.reader() as reader:
        take(reader, CREDIT)
        reader.send(ack_bytes(2**63 - 1))
        take(reader, 8)
        left = mailbox.read()
        while left[0].seq == 1:  # the acknowledgement is on its way to the disk
            left = mailbox.read()
    assert [frame.seq for frame in left] == list(range(CREDIT + 1, CREDIT + 9))


def test_a_reader_that_comes_back_goes_on_after_what_it_has(relay: Running) -> None:
    mailbox = relay.mailbox()
    mids = [mailbox.post() for _ in range(4)]
    with mailbox.reader("?after=2") as reader:
        assert [frame.mid for frame in take(reader, 2)] == mids[2:]
    with mailbox.reader() as reader:
        assert [frame.mid for frame in take(reader, 4)] == mids


def test_two_readers_of_one_mailbox_both_get_everything(relay: Running) -> None:
    mailbox = relay.mailbox()
    with mailbox.reader() as first, mailbox.reader() as second:
        mid = mailbox.post()
        assert [frame.mid for frame in take(first, 1) + take(second, 1)] == [mid, mid]


def test_a_reader_on_a_socket_beside_many_writers_skips_nothing(relay: Running) -> None:
    mailbox = relay.mailbox()
    with mailbox.reader() as reader, ThreadPoolExecutor(8) as pool:
        posting = [pool.submit(mailbox.post) for _ in range(200)]
        seen: list[Frame] = []
        while len(seen) < 200:
            seen += take(reader, 1)
            reader.send(ack_bytes(seen[-1].seq))
        assert [frame.seq for frame in seen] == list(range(1, 201))
        assert {frame.mid for frame in seen} == {posted.result() for posted in posting}


def closed(socket: ClientConnection) -> int | None:
    with pytest.raises(ConnectionClosed) as caught:
        socket.recv(timeout=30)
    return caught.value.rcvd and caught.value.rcvd.code


@pytest.mark.parametrize("message", [b"", b"seven..", b"nine.....", "textlike"])
def test_a_reader_that_sends_nonsense_is_let_go(relay: Running, message: bytes | str) -> None:
    with relay.mailbox().reader() as reader:
        reader.send(message)
        assert closed(reader) == 1008


@pytest.mark.parametrize("message", [b"", b"fifteen bytes..", "text"])
def test_a_sender_that_sends_nonsense_is_let_go(relay: Running, message: bytes | str) -> None:
    with relay.mailbox().sender() as sender:
        sender.send(message)
        assert closed(sender) == 1008


def test_a_message_beyond_the_largest_bucket_is_not_even_read(relay: Running) -> None:
    with relay.mailbox().sender() as sender:
        sender.send(bytes(16 + 262144 + 1))
        assert closed(sender) == 1009


def test_the_reader_of_a_deleted_mailbox_is_told(relay: Running) -> None:
    mailbox = relay.mailbox()
    with mailbox.reader() as reader:
        assert mailbox.delete() == 204
        assert closed(reader) == 4404


def refused(open_socket: Callable[[], ClientConnection]) -> tuple[int, list[str], bytes]:
    with pytest.raises(InvalidStatus) as caught:
        open_socket()
    answer = caught.value.response
    headers = [f"{key}: {value}" for key, value in answer.headers.raw_items() if key != "Date"]
    return answer.status_code, headers, bytes(answer.body or b"")


def test_unknown_and_forbidden_are_one_answer_to_the_handshake(relay: Running) -> None:
    mailbox, gone = relay.mailbox(), relay.mailbox()
    gone.delete()
    said = [
        refused(lambda: mailbox.reader(capability=mailbox.send)),
        refused(lambda: mailbox.reader(capability=os.urandom(32))),
        refused(gone.reader),
        refused(lambda: mailbox.sender(capability=mailbox.recv)),
        refused(lambda: mailbox.sender(capability=os.urandom(32))),
        refused(gone.sender),
    ]
    assert said == said[:1] * 6
    plain = gone.get()
    assert (said[0][0], said[0][2]) == (plain.status_code, plain.content)


def test_a_query_that_is_no_number_is_refused_to_the_handshake(relay: Running) -> None:
    assert refused(lambda: relay.mailbox().reader("?after=x"))[0] == 400
