"""The command line speaks to an administrator who never saw JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from amazon_connect.__main__ import main
from amazon_connect.checker import check
from amazon_connect.content import from_content
from amazon_connect.export import COMMITTED

ARNS = [
    "--start-bot-arn",
    "arn:aws:lambda:eu-west-1:111122223333:function:start-bot:live",
    "--queue-arn",
    "arn:aws:connect:eu-west-1:111122223333:instance/6f0c/queue/9a1b",
]


def test_export_writes_an_importable_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And says where in Connect to import it."""
    file = tmp_path / "flow.json"

    assert main(["export", *ARNS, "--language", "es", "--out", str(file)]) == 0
    assert check(from_content(file.read_text(encoding="utf-8"))) == []
    assert "Import" in capsys.readouterr().err


def test_export_prints_the_flow_when_no_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """For whoever pipes it somewhere."""
    assert main(["export", *ARNS]) == 0
    assert check(from_content(capsys.readouterr().out)) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--start-bot-arn is missing"),
        (ARNS[:2], "--queue-arn is missing"),
        ([*ARNS[:3], "BasicQueue"], "'BasicQueue' is not such an ARN"),
        ([ARNS[0], "start-bot", *ARNS[2:]], "'start-bot' is not such an ARN"),
        ([*ARNS, "--language", "fr"], "no sentences in 'fr'"),
    ],
)
def test_export_refuses_in_one_line_and_writes_nothing(
    arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line says what is wrong and where the right thing is found."""
    file = tmp_path / "flow.json"

    assert main(["export", *arguments, "--out", str(file)]) == 1
    message = capsys.readouterr().err
    assert told in message
    assert message.count("\n") == 1
    assert not file.exists()


def test_export_says_when_the_file_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that does not exist is named."""
    assert main(["export", *ARNS, "--out", str(tmp_path / "nowhere" / "flow.json")]) == 1
    assert "No such file or directory" in capsys.readouterr().err


def test_check_finds_no_problem_in_a_filled_flow(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What export wrote, check accepts."""
    file = tmp_path / "flow.json"
    main(["export", *ARNS, "--out", str(file)])

    assert main(["check", str(file)]) == 0
    assert "no problem found" in capsys.readouterr().err


def test_check_names_open_placeholders(capsys: pytest.CaptureFixture[str]) -> None:
    """The committed file is sound but cannot run as it is."""
    assert main(["check", str(COMMITTED / "inbound.en.json")]) == 1
    assert "QUEUE_ARN and START_BOT_ARN" in capsys.readouterr().err


def test_check_tells_each_problem_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Block by block, in the words of the designer."""
    file = tmp_path / "flow.json"
    committed = (COMMITTED / "inbound.en.json").read_text(encoding="utf-8")
    file.write_text(committed.replace('"LoopCount": "10"', '"LoopCount": "1000"'), encoding="utf-8")

    assert main(["check", str(file)]) == 1
    assert capsys.readouterr().err.startswith("Block 'try again' has a wrong LoopCount.")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"not json", "line 1"),
        (b'{"Version": "2019-10-30"}', "has no 'StartAction'"),
        (b"\xff\xfe\x00", "not a text file"),
    ],
)
def test_check_explains_a_file_that_is_no_flow(
    content: bytes, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong file is the first mistake one makes."""
    file = tmp_path / "flow.json"
    file.write_bytes(content)

    assert main(["check", str(file)]) == 1
    message = capsys.readouterr().err
    assert told in message
    assert "exported" in message


def test_check_says_when_there_is_no_such_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a stack trace."""
    assert main(["check", str(tmp_path / "none.json")]) == 1
    assert capsys.readouterr().err.endswith("none.json: No such file or directory.\n")


@pytest.mark.parametrize("arguments", [[], [str(COMMITTED / "inbound.en.json")]])
def test_diagram_draws_handoffs_flow_or_a_file(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The same picture, from the source or from what was exported."""
    assert main(["diagram", *arguments]) == 0
    assert capsys.readouterr().out in (COMMITTED / "inbound.md").read_text(encoding="utf-8")
