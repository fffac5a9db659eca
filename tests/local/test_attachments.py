"""Files of a chat, from announcement to approval."""

from __future__ import annotations

import pytest

from local.attachments import EXTENSIONS, MAX_BYTES, MAX_FILES, Attachment, Attachments
from local.wire import AwsError


def announced(
    files: Attachments,
    attachment_id: str = "a",
    *,
    name: str = "factura.pdf",
    content_type: str = "application/pdf",
    size: int = 4,
) -> Attachment:
    return files.start(attachment_id, owner_id="ana", name=name, content_type=content_type, size=size)


def refusal(error: pytest.ExceptionInfo[AwsError]) -> str:
    return error.value.code


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_every_documented_type_may_be_uploaded(extension: str) -> None:
    """By the end of the name, in either case."""
    assert announced(Attachments(), name=f"x.{extension.upper()}").name == f"x.{extension.upper()}"


@pytest.mark.parametrize("name", ["x.exe", "x", "pdf.", "x.pdf.html", "svg"])
def test_other_types_are_refused(name: str) -> None:
    """A name that only contains an allowed type does not have it."""
    with pytest.raises(AwsError) as refused:
        announced(Attachments(), name=name)

    assert refusal(refused) == "ValidationException"


@pytest.mark.parametrize("content_type", ["pdf", "text/plain\r\nX: y", "a/b/c", "text/plain; charset=ñ"])
def test_a_content_type_must_be_fit_for_a_header(content_type: str) -> None:
    """It is sent back as one."""
    with pytest.raises(AwsError) as refused:
        announced(Attachments(), content_type=content_type)

    assert refusal(refused) == "ValidationException"


def test_a_file_has_at_most_20_mb() -> None:
    """Connect's default."""
    files = Attachments()

    assert announced(files, size=MAX_BYTES).size == 20 * 1024 * 1024
    with pytest.raises(AwsError) as refused:
        announced(files, "b", size=MAX_BYTES + 1)
    assert refusal(refused) == "ValidationException"


def test_a_chat_takes_35_files() -> None:
    """The error is the one both upload calls document for it."""
    files = Attachments()
    for number in range(MAX_FILES):
        announced(files, f"a-{number}")

    with pytest.raises(AwsError) as refused:
        announced(files, "one more")

    assert (MAX_FILES, refusal(refused)) == (35, "ServiceQuotaExceededException")


def test_an_upload_carries_type_and_length_in_its_headers() -> None:
    """They are what HeadersToInclude names."""
    headers = announced(Attachments(), size=4).upload_headers

    assert headers == {"Content-Type": "application/pdf", "Content-Length": "4", "x-amz-meta-attachment-id": "a"}


def test_a_file_is_completed_once_and_only_when_its_bytes_are_there() -> None:
    """Before and after it is a conflict."""
    files = Attachments()
    attachment = announced(files)

    with pytest.raises(AwsError) as early:
        files.complete("a", owner_id="ana")
    attachment.content = b"%PDF"
    completed = files.complete("a", owner_id="ana")
    with pytest.raises(AwsError) as late:
        files.complete("a", owner_id="ana")

    assert completed is attachment
    assert refusal(early) == refusal(late) == "ConflictException"


def test_only_its_owner_completes_a_file() -> None:
    """An id is no permission."""
    files = Attachments()
    announced(files).content = b"%PDF"

    with pytest.raises(AwsError) as refused:
        files.complete("a", owner_id="bot")

    assert refusal(refused) == "ValidationException"


def test_only_completed_files_can_be_downloaded() -> None:
    """What was announced or uploaded only is not there for others."""
    files = Attachments()
    announced(files).content = b"%PDF"

    for attachment_id in ("a", "unknown"):
        with pytest.raises(AwsError) as refused:
            files.download(attachment_id)
        assert refusal(refused) == "ValidationException"
    files.complete("a", owner_id="ana")

    assert files.download("a").content == b"%PDF"
