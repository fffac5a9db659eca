"""The files of one chat: what may be uploaded, and how far each upload has come.

Bytes are kept in memory and end with the stack; nothing is scanned, so every completed file is approved. Rule: a file
becomes visible to others only by `complete`, and only when its bytes have arrived as announced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.wire import AwsError

MAX_FILES: Final = 35
MAX_BYTES: Final = 20 * 1024 * 1024
EXTENSIONS: Final = (
    *("csv", "doc", "docx", "heic", "jfif", "jpeg", "jpg", "mov", "mp4"),
    *("pdf", "png", "ppt", "pptx", "rtf", "txt", "wav", "xls", "xlsx"),
)
"""Files per chat, bytes per file and file types. Source: AG:feature-limits (defaults), read 2026-11."""

MIME_TYPE: Final = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(; ?[\w-]+=[\w.+-]+)*", re.ASCII)


@dataclass(slots=True, kw_only=True)
class Attachment:
    """One announced file; `content` is None until its bytes have arrived."""

    attachment_id: str
    owner_id: str
    name: str
    content_type: str
    size: int
    content: bytes | None = None
    is_complete: bool = False

    @property
    def upload_headers(self) -> Mapping[str, str]:
        """The headers its upload must carry, exactly."""
        return {
            "Content-Type": self.content_type,
            "Content-Length": str(self.size),
            "x-amz-meta-attachment-id": self.attachment_id,
        }

    def as_members(self) -> dict[str, Any]:
        """The file inside an ATTACHMENT item."""
        return {
            "AttachmentId": self.attachment_id,
            "AttachmentName": self.name,
            "ContentType": self.content_type,
            "Status": "APPROVED",
        }


class Attachments:
    """The files of one chat, by id."""

    def __init__(self) -> None:
        self._files: dict[str, Attachment] = {}

    def start(self, attachment_id: str, *, owner_id: str, name: str, content_type: str, size: int) -> Attachment:
        """Announce a file; raises what StartAttachmentUpload documents for one that is not allowed."""
        extension = name.rpartition(".")[2].lower()
        if extension not in EXTENSIONS:
            raise AwsError("ValidationException", f"Files must be of one of these types: {', '.join(EXTENSIONS)}")
        if not MIME_TYPE.fullmatch(content_type):
            raise AwsError("ValidationException", "ContentType must be a MIME type such as application/pdf")
        if size > MAX_BYTES:
            raise AwsError("ValidationException", f"AttachmentSizeInBytes must be at most {MAX_BYTES}")
        if len(self._files) >= MAX_FILES:
            raise AwsError("ServiceQuotaExceededException", f"A chat takes at most {MAX_FILES} attachments")
        attachment = Attachment(
            attachment_id=attachment_id, owner_id=owner_id, name=name, content_type=content_type, size=size
        )
        self._files[attachment_id] = attachment
        return attachment

    def find(self, attachment_id: str) -> Attachment | None:
        return self._files.get(attachment_id)

    def complete(self, attachment_id: str, *, owner_id: str) -> Attachment:
        """Confirm an upload; ConflictException while its bytes are on their way, and when it was confirmed before."""
        attachment = self._files.get(attachment_id)
        if attachment is None or attachment.owner_id != owner_id:
            raise AwsError("ValidationException", "AttachmentIds names no upload of this participant")
        if attachment.content is None:
            raise AwsError("ConflictException", "The attachment is still being uploaded")
        if attachment.is_complete:
            raise AwsError("ConflictException", "The attachment was completed before")
        attachment.is_complete = True
        return attachment

    def download(self, attachment_id: str) -> Attachment:
        """A completed file; ValidationException for any other."""
        attachment = self._files.get(attachment_id)
        if attachment is None or not attachment.is_complete:
            raise AwsError("ValidationException", "AttachmentId names no completed attachment of this chat")
        return attachment
