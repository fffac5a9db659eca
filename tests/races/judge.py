"""What must hold of a contact's record, whoever wrote it in whatever order.

The judge knows the rules and nothing of the adapter: it sees each record before and after a write, who wrote it, and
what holders said that they spoke.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from lambdas.conversation.contact import LEASE_SECONDS, MOVES, State, TurnRecord
from lambdas.conversation.inbox import Mark
from tests.races.racer import Spoken
from tests.races.shared_table import Write

WITHOUT_BOT = {State.HANDING_OFF, State.HUMAN, State.ENDED}


def violations(writes: Sequence[Write], spoken: Iterable[Spoken]) -> Iterator[str]:
    """A line for each rule that was broken."""
    for number, write in enumerate(writes):
        for found in (*_of_states(write), *_of_leases(write), *_of_messages(write)):
            yield f"write {number} by {write.writer}: {found}"
    yield from _of_speaking(writes, spoken)
    yield from _of_answers(writes)


def _of_states(write: Write) -> Iterator[str]:
    before, after = write.before, write.after
    if before is None:
        return
    if after.state is not before.state and after.state not in MOVES[before.state]:
        yield f"the state moved from {before.state} to {after.state}"
    is_new_stay = after.state is State.JOINING and before.state is not State.JOINING
    if after.stay != before.stay + is_new_stay:
        yield f"the stay went from {before.stay} to {after.stay} in state {after.state}"
    begins = after.state is State.HANDING_OFF and before.state is not State.HANDING_OFF
    if after.handoffs != before.handoffs + begins:
        yield f"hand-offs went from {before.handoffs} to {after.handoffs} in state {after.state}"


def _of_leases(write: Write) -> Iterator[str]:
    """One holder at a time; who is not the holder changes nothing but its state or by leaving a message."""
    before, after = write.before, write.after
    if before is None or before.lease is None:
        return
    if after.state is not before.state:
        return
    if after.lease is None:
        if write.writer != before.lease.owner:
            yield f"the turn of {before.lease.owner} was freed by somebody else"
    elif after.lease.owner != before.lease.owner:
        if not before.lease.until < after.lease.until - LEASE_SECONDS:
            yield f"the turn of {before.lease.owner} was taken although it had not expired"
        if after.takeovers != before.takeovers + 1:
            yield "a takeover was not counted"
    elif write.writer != after.lease.owner and _without_inbox(before) != _without_inbox(after):
        yield f"the turn of {before.lease.owner} was changed by somebody else"


def _of_messages(write: Write) -> Iterator[str]:
    """Nothing leaves the inbox but into `done`; what is done stays so and does not come back."""
    before, after = write.before, write.after
    if after.state is State.BOT and after.inbox and after.lease is None:
        yield "messages wait and nobody holds the turn"
    if after.inbox and after.state in WITHOUT_BOT:
        yield f"messages wait in state {after.state}"
    for mark, times in Counter(after.done).items():
        if times > 1:
            yield f"{mark} is done {times} times"
    if again := _marks(after) & set(after.done):
        yield f"answered already and waiting again: {sorted(again)}"
    if before is None:
        return
    if gone := set(before.done) - set(after.done):
        yield f"no longer done: {sorted(gone)}"
    lost = _marks(before) - _marks(after) - set(after.done)
    if lost and after.state is not State.ENDED:
        yield f"gone and not done, in state {after.state}: {sorted(lost)}"


def _of_speaking(writes: Sequence[Write], spoken: Iterable[Spoken]) -> Iterator[str]:
    """Who spoke by its own fence was not yet succeeded by anybody who waited for the lease to expire."""
    said = list(spoken)
    for write in writes:
        before, after = write.before, write.after
        if before is None or before.lease is None or after.lease is None or after.state is not before.state:
            continue
        succeeded_at = after.lease.until - LEASE_SECONDS
        if before.lease.owner != after.lease.owner:
            late = [one for one in said if one.owner == before.lease.owner and one.at >= succeeded_at]
            yield from (f"{one.owner} spoke after {after.lease.owner} had taken over" for one in late)


def _of_answers(writes: Sequence[Write]) -> Iterator[str]:
    """Each message is finished by exactly one write, and at the end none is left."""
    finished = Counter(
        mark for write in writes for mark in set(write.after.done) - set(write.before.done if write.before else ())
    )
    yield from (f"{mark} was finished {times} times" for mark, times in finished.items() if times > 1)
    if writes and writes[-1].after.inbox:
        yield f"left at the end: {sorted(_marks(writes[-1].after))}"


def _marks(record: TurnRecord) -> set[Mark]:
    return {message.mark for message in record.inbox}


def _without_inbox(record: TurnRecord) -> tuple[object, ...]:
    return (record.lease, record.done, record.pending, record.takeovers, record.session, record.failures)
