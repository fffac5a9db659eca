"""What may come to the Runtime's program: it is read, or refused by naming the member and quoting nothing."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agents.runtime.protocol import Ask, InvalidRequest, Resume, check_session_id, parse
from tests.fuzz.inputs import CANARY, broken, deep, junk, texts

ASK = {
    "contactId": "c-1",
    "turnId": "t-1",
    "language": "en",
    "told": {"name": "canary-name"},
    "text": "canary question",
    "history": [{"role": "user", "text": "canary before"}, {"role": "assistant", "text": "canary answer"}],
}
RESUME = {
    "contactId": "c-1",
    "turnId": "t-1",
    "language": "en",
    "told": {},
    "pending": "canary-pending",
    "results": {"note": "{}"},
}


def refusal_of(payload: Any) -> str:
    """Why it is refused; empty if it is read, which gives text where text belongs."""
    try:
        request = parse(payload)
    except InvalidRequest as refused:
        return str(refused)
    assert isinstance(request, Ask | Resume)
    assert all(isinstance(value, str) for value in [*request.told, *request.told.values(), request.contact_id])
    return ""


def test_both_requests_are_read_as_long_as_they_are_whole() -> None:
    """Or every other example here would show nothing."""
    assert (refusal_of(ASK), refusal_of(RESUME)) == ("", "")


@given(payload=broken(ASK) | broken(RESUME) | junk | deep)
def test_a_payload_is_read_or_refused(payload: Any) -> None:
    """Nothing else comes out, and what is refused is not quoted."""
    assert CANARY not in refusal_of(payload)


@given(session_id=st.none() | texts | st.text(max_size=120))
def test_a_session_id_is_taken_or_refused(session_id: str | None) -> None:
    """What is refused is not quoted."""
    said = ""
    try:
        assert check_session_id(session_id) == session_id
    except InvalidRequest as refused:
        said = str(refused)
    assert CANARY not in said
