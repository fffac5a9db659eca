"""Pages of a transcript, and what an item looks like."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from local.happenings import Visibility
from local.participants import Role
from local.transcript import CHAT_ENDED, PLAIN, Author, Item, Transcript
from local.wire import AwsError, iso8601

START = 1_795_170_000.0
ANA = Author(participant_id="ana", role=Role.CUSTOMER, display_name="Ana")


def item(number: int, *, visibility: Visibility = "ALL") -> Item:
    return Item(
        item_id=f"i{number}",
        absolute_time=iso8601(START + number),
        type="MESSAGE",
        contact_id="c",
        initial_contact_id="c",
        content_type=PLAIN,
        content=f"text {number}",
        author=ANA,
        visibility=visibility,
    )


def transcript(count: int = 25) -> Transcript:
    whole = Transcript()
    for number in range(1, count + 1):
        whole.add(item(number))
    return whole


def ids(whole: Transcript, **request: Any) -> list[int]:
    return [int(member["Id"][1:]) for member in whole.page(Role.CUSTOMER, request).items]


def test_without_wishes_a_page_is_the_ten_latest_newest_first() -> None:
    """The documented defaults."""
    assert ids(transcript()) == list(range(25, 15, -1))


@pytest.mark.parametrize(
    ("request_", "numbers"),
    [
        ({"SortOrder": "ASCENDING", "MaxResults": 3}, [23, 24, 25]),
        ({"ScanDirection": "FORWARD", "SortOrder": "ASCENDING", "MaxResults": 3}, [1, 2, 3]),
        ({"ScanDirection": "FORWARD", "MaxResults": 3}, [3, 2, 1]),
        ({"StartPosition": {"Id": "i5"}, "SortOrder": "ASCENDING", "MaxResults": 3}, [5, 6, 7]),
        ({"StartPosition": {"Id": "i5"}, "ScanDirection": "BACKWARD", "MaxResults": 3}, [5, 4, 3]),
        ({"StartPosition": {"AbsoluteTime": iso8601(START + 5)}, "SortOrder": "ASCENDING", "MaxResults": 2}, [5, 6]),
        (
            {"StartPosition": {"AbsoluteTime": iso8601(START + 4.5)}, "ScanDirection": "BACKWARD", "MaxResults": 2},
            [4, 3],
        ),
        ({"StartPosition": {"AbsoluteTime": iso8601(START + 99)}}, []),
        ({"StartPosition": {"AbsoluteTime": iso8601(START)}, "ScanDirection": "BACKWARD"}, []),
        ({"StartPosition": {"MostRecent": 2}, "SortOrder": "ASCENDING"}, [24, 25]),
        ({"StartPosition": {"MostRecent": 2}, "ScanDirection": "BACKWARD", "MaxResults": 2}, [24, 23]),
        ({"StartPosition": {"MostRecent": 100}, "SortOrder": "ASCENDING", "MaxResults": 2}, [1, 2]),
        ({"MaxResults": 0}, list(range(25, 15, -1))),
    ],
)
def test_a_page_starts_where_it_is_asked_to_and_goes_the_way_it_is_asked(
    request_: dict[str, Any], numbers: list[int]
) -> None:
    """The direction chooses the items, the sort order only arranges them."""
    assert ids(transcript(), **request_) == numbers


@pytest.mark.parametrize("direction", ["BACKWARD", "FORWARD"])
def test_following_the_tokens_gives_every_item_once(direction: str) -> None:
    """And the last page has no token."""
    whole, seen, request = transcript(), [], {"ScanDirection": direction, "MaxResults": 10, "SortOrder": "ASCENDING"}

    while True:
        page = whole.page(Role.CUSTOMER, request)
        seen.append([member["Id"] for member in page.items])
        if page.next_token is None:
            break
        request = {**request, "NextToken": page.next_token}

    assert [len(page) for page in seen] == [10, 10, 5]
    assert {one for page in seen for one in page} == {f"i{number}" for number in range(1, 26)}


def test_items_that_come_while_paging_back_do_not_shift_the_pages() -> None:
    """A token names an item, not a count."""
    whole = transcript(4)
    first = whole.page(Role.CUSTOMER, {"MaxResults": 2})

    whole.add(item(5))
    second = whole.page(Role.CUSTOMER, {"MaxResults": 2, "NextToken": first.next_token})

    assert [member["Id"] for member in second.items] == ["i2", "i1"]


@pytest.mark.parametrize(
    "request_",
    [
        {"StartPosition": {"Id": "unknown"}},
        {"StartPosition": {"AbsoluteTime": "yesterday"}},
        {"StartPosition": {"AbsoluteTime": "0001-01-01T00:00:00+14:00"}},
        {"StartPosition": {"Id": "i1", "MostRecent": 1}},
        {"NextToken": "guess"},
        {"NextToken": "ñ"},
        {"NextToken": base64.urlsafe_b64encode(b"[1]").decode()},
        {"NextToken": base64.urlsafe_b64encode(b'["1", true]').decode()},
        {"NextToken": base64.urlsafe_b64encode(b"[true, true]").decode()},
        {"NextToken": base64.urlsafe_b64encode(b"[" * 100_000).decode()},
    ],
)
def test_a_position_that_is_none_is_a_validation_error(request_: dict[str, Any]) -> None:
    """Nothing a client invents may do more than that."""
    with pytest.raises(AwsError) as refused:
        transcript(2).page(Role.CUSTOMER, request_)

    assert refused.value.code == "ValidationException"


def test_a_page_holds_only_what_the_reader_may_see() -> None:
    """Full pages of visible items, not pages with holes."""
    whole = Transcript()
    for number in range(1, 7):
        whole.add(item(number, visibility="AGENT" if number % 2 else "ALL"))

    customer = whole.page(Role.CUSTOMER, {"MaxResults": 2})
    agent = whole.page(Role.AGENT, {"MaxResults": 2})

    assert [one["Id"] for one in customer.items] == ["i6", "i4"]
    assert [one["Id"] for one in agent.items] == ["i6", "i5"]


def test_an_item_is_published_with_both_contact_ids_and_recorded_with_one() -> None:
    """SNS and sockets carry InitialContactId, the transcript has it once for all."""
    published = item(1).published()

    assert published == {
        "AbsoluteTime": "2026-11-20T10:20:01.000Z",
        "Content": "text 1",
        "ContentType": "text/plain",
        "Id": "i1",
        "Type": "MESSAGE",
        "ParticipantId": "ana",
        "DisplayName": "Ana",
        "ParticipantRole": "CUSTOMER",
        "InitialContactId": "c",
        "ContactId": "c",
    }
    assert published.keys() - item(1).recorded().keys() == {"InitialContactId"}


def test_an_item_without_author_has_no_author_members() -> None:
    """chat.ended comes from nobody."""
    ended = Item(
        item_id="e",
        absolute_time=iso8601(START),
        type="EVENT",
        contact_id="c",
        initial_contact_id="c",
        content_type=CHAT_ENDED,
    )

    assert ended.published().keys() == {"AbsoluteTime", "ContentType", "Id", "Type", "InitialContactId", "ContactId"}


def test_receipts_are_kept_with_their_message_and_never_change() -> None:
    """The first delivery and the first reading count."""
    whole = transcript(2)

    whole.acknowledge("i1", "bot", at="t1", read=False)
    whole.acknowledge("i1", "bot", at="t2", read=True)
    metadata = whole.acknowledge("i1", "bot", at="t3", read=True)
    page = whole.page(Role.CUSTOMER, {"SortOrder": "ASCENDING"})

    receipt = {"DeliveredTimestamp": "t1", "ReadTimestamp": "t2", "RecipientParticipantId": "bot"}
    assert metadata == {"MessageId": "i1", "Receipts": [receipt]}
    assert [one.get("MessageMetadata") for one in page.items] == [metadata, None]


def test_what_is_no_message_cannot_be_acknowledged() -> None:
    """An unknown id would otherwise make receipts for nothing."""
    with pytest.raises(AwsError, match="ValidationException"):
        transcript(1).acknowledge("i2", "bot", at="t", read=True)
