"""The judge of the races sees what must not be."""

from __future__ import annotations

from dataclasses import replace

from lambdas.conversation.contact import LEASE_SECONDS, Lease, Session, State, TurnRecord
from lambdas.conversation.inbox import Kind, Message
from tests.races.judge import violations
from tests.races.racer import Spoken
from tests.races.shared_table import Write

NOW = 1_800_000_000.0
HELLO = Message(id="m1", at=NOW, kind=Kind.TEXT, text="Hello")
FREE = TurnRecord(contact_id="c1", state=State.BOT, since=NOW, stay=1, language="en", session=Session(id="s1"))
HELD = replace(FREE, inbox=(HELLO,), lease=Lease(owner="a", until=NOW + LEASE_SECONDS, asks=(HELLO.mark,)))
DONE = replace(FREE, done=(HELLO.mark,))


def judged(*records: TurnRecord, writer: str | None = "a", spoken: tuple[Spoken, ...] = ()) -> str:
    """What the judge says of records that follow each other."""
    befores = (None, *records)
    writes = [Write(writer=writer, before=before, after=after) for before, after in zip(befores, records, strict=False)]
    return "\n".join(violations(writes, spoken))


def held_by(owner: str, *, at: float) -> TurnRecord:
    lease = Lease(owner=owner, until=at + LEASE_SECONDS, asks=(HELLO.mark,))
    return replace(HELD, lease=lease, takeovers=1)


def test_a_turn_without_a_fault_is_no_violation() -> None:
    """Else the races would prove nothing, or nothing would pass."""
    assert judged(FREE, HELD, DONE) == ""
    assert judged(FREE, HELD, held_by("b", at=NOW + 31), writer="b").count("\n") == 0


def test_a_message_that_vanishes_is_seen() -> None:
    """From the inbox without being done, and from what was done."""
    assert "gone and not done" in judged(FREE, HELD, FREE)
    assert "no longer done" in judged(DONE, FREE)


def test_a_message_that_is_finished_twice_is_seen() -> None:
    """Taken again although it was done."""
    assert "waiting again" in judged(FREE, HELD, DONE, replace(HELD, done=DONE.done), DONE)
    assert "finished 2 times" in judged(FREE, HELD, DONE, FREE, HELD, DONE)


def test_a_message_that_nobody_holds_is_seen() -> None:
    """Nobody would look at it again."""
    assert "nobody holds" in judged(FREE, HELD, replace(HELD, lease=None))


def test_a_second_holder_is_seen() -> None:
    """A lease that was still good, and one whose holder spoke on."""
    assert "had not expired" in judged(FREE, HELD, held_by("b", at=NOW + 29), writer="b")
    late = Spoken("a", NOW + 32, (HELLO.key,))
    assert "spoke after b had taken over" in judged(FREE, HELD, held_by("b", at=NOW + 31), spoken=(late,))


def test_whoever_is_not_the_holder_is_seen_to_write() -> None:
    """It may only leave a message."""
    assert "changed by somebody else" in judged(FREE, HELD, replace(HELD, pending="p"), writer="b")
    assert "freed by somebody else" in judged(FREE, HELD, DONE, writer="b")


def test_an_illegal_move_a_jumping_stay_and_an_uncounted_hand_off_are_seen() -> None:
    """The table of states, the number of the stay, the count of hand-offs."""
    assert "the state moved" in judged(FREE, replace(FREE, state=State.JOINING, stay=2))
    assert "the stay went from 1 to 2" in judged(FREE, replace(FREE, stay=2))
    assert "hand-offs went from 0 to 0" in judged(FREE, replace(FREE, state=State.HANDING_OFF))
