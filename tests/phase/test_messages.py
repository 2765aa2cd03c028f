"""Messages to notification scripts: in order, and in nobody's way."""

from __future__ import annotations

import logging
import threading
from typing import Any, Dict, List, Tuple

import pytest

from pungi_osbuild.phase.messages import Messages
from tests.phase.pungi_standin import LIMIT, a_log
from tests.threads import threads_now, workers_since


class Notifier:
    """Keeps what it was sent; may be made to hang."""

    def __init__(self) -> None:
        self.sent: List[Tuple[str, Dict[str, Any]]] = []
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def send(self, msg: str, **fields: Any) -> None:
        self.begun.set()
        assert self.go_on.wait(LIMIT)
        self.sent.append((msg, fields))

    @property
    def names(self) -> List[str]:
        return [name for name, _ in self.sent]


class Hanging(Notifier):
    def __init__(self) -> None:
        super().__init__()
        self.go_on.clear()


class Failing(Notifier):
    def send(self, msg: str, **fields: Any) -> None:
        super().send(msg, **fields)
        if msg == "bad":
            raise OSError("no such script")


def messages(notifier: Notifier) -> Messages:
    return Messages(notifier, logging.getLogger(__name__))


def test_messages_are_sent_in_their_order() -> None:
    """Each once, with its fields; leaving waits for all of them, and leaves no thread."""
    notifier = Notifier()
    before = threads_now()
    with messages(notifier) as sending:
        for number in range(20):
            sending.send("message-%d" % number, {"number": number})
    assert notifier.sent == [("message-%d" % number, {"number": number}) for number in range(20)]
    assert workers_since(before) == []


def test_leaving_waits_for_a_script_that_is_slow() -> None:
    """What was given is sent when the compose goes on."""
    notifier = Hanging()
    with messages(notifier) as sending:
        sending.send("one", {})
        sending.send("two", {})
        assert notifier.begun.wait(LIMIT)
        threading.Timer(0.05, notifier.go_on.set).start()
    assert notifier.names == ["one", "two"]


def test_a_script_that_hangs_holds_nobody_up() -> None:
    """Giving comes back at once, however many there are."""
    notifier = Hanging()
    with messages(notifier) as sending:
        for number in range(50):
            sending.send("message-%d" % number, {})
        assert notifier.begun.wait(LIMIT)
        assert notifier.sent == []
        notifier.go_on.set()
    assert len(notifier.sent) == 50


def test_leaving_by_an_exception_drops_what_was_not_sent() -> None:
    """The script that runs is not waited for; none is begun any more, also later."""
    notifier = Hanging()
    before = threads_now()
    with pytest.raises(KeyboardInterrupt), messages(notifier) as sending:
        sending.send("one", {})
        sending.send("two", {})
        assert notifier.begun.wait(LIMIT)
        raise KeyboardInterrupt
    assert notifier.sent == []
    notifier.go_on.set()
    for thread in workers_since(before):
        thread.join(LIMIT)
    assert notifier.names == ["one"]


def test_waiting_can_be_ended() -> None:
    """What has not arrived is counted."""
    notifier = Hanging()
    looked: List[int] = []

    def check() -> None:
        looked.append(sending.unsent)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), messages(notifier) as sending:
        sending.send("one", {})
        sending.send("two", {})
        assert notifier.begun.wait(LIMIT)
        sending.wait(check)
    assert looked == [2]
    notifier.go_on.set()


def test_waiting_ends_when_all_are_sent() -> None:
    """With none it ends at once."""
    notifier = Notifier()
    with messages(notifier) as sending:
        sending.wait(lambda: None)
        sending.send("one", {})
        sending.send("two", {})
        sending.wait(lambda: None)
        assert notifier.names == ["one", "two"]
        assert sending.unsent == 0


def test_messages_from_many_threads_all_arrive() -> None:
    """Images are placed by several threads; none is lost, and waiting comes to an end."""
    notifier = Notifier()
    with messages(notifier) as sending:

        def give() -> None:
            for _ in range(200):
                sending.send("message", {})

        threads = [threading.Thread(target=give) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sending.wait(lambda: None)
    assert len(notifier.sent) == 1600


def test_a_script_that_fails_is_a_warning() -> None:
    """The next one is sent all the same."""
    notifier, (log, kept) = Failing(), a_log()
    with Messages(notifier, log) as sending:
        sending.send("bad", {})
        sending.send("good", {})
    assert notifier.names == ["bad", "good"]
    assert kept.lines("WARNING") == ["notification bad failed: no such script"]


def test_the_fields_are_those_of_when_it_was_given() -> None:
    """Keys that are added to the dict afterwards are not sent."""
    notifier = Hanging()
    fields = {"variant": "Server"}
    with messages(notifier) as sending:
        sending.send("one", fields)
        fields["more"] = "later"
        notifier.go_on.set()
    assert notifier.sent == [("one", {"variant": "Server"})]
