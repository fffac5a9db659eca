"""What is left of the SDK's data, and that a client is made of it as before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.loaders import Loader

from cdk.sdk_data import UnknownService, keep_only
from tests.cdk.small_sdk import put_sdk


def read(file: Path) -> Any:
    return json.loads(file.read_text())


def test_only_the_services_that_are_named_keep_their_newest_model_and_rules(tmp_path: Path) -> None:
    put_sdk(tmp_path, "connectparticipant")

    keep_only(["connectparticipant"], tmp_path)

    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()} == {
        "botocore/data/connectparticipant/2018-09-07/service-2.json",
        "botocore/data/connectparticipant/2018-09-07/endpoint-rule-set-1.json",
        "botocore/data/endpoints.json",
        "botocore/data/partitions.json",
    }


def test_a_model_loses_its_texts_and_nothing_that_a_call_reads(tmp_path: Path) -> None:
    """A member that happens to be called documentation is no text."""
    put_sdk(tmp_path, "connectparticipant")

    keep_only(["connectparticipant"], tmp_path)

    assert read(tmp_path / "botocore/data/connectparticipant/2018-09-07/service-2.json") == {
        "metadata": {"endpointPrefix": "participant.connect"},
        "operations": {"SendMessage": {"name": "SendMessage"}},
        "shapes": {"Paper": {"type": "structure", "members": {"documentation": {"shape": "Text"}}}},
    }


def test_regions_stay_and_other_services_endpoints_go(tmp_path: Path) -> None:
    """Endpoints are listed by another name than the client's."""
    put_sdk(tmp_path, "connectparticipant")

    keep_only(["connectparticipant"], tmp_path)

    assert read(tmp_path / "botocore/data/endpoints.json") == {
        "partitions": [
            {
                "partition": "aws",
                "regions": {"eu-west-1": {}},
                "services": {"participant.connect": {"endpoints": {}}},
            }
        ]
    }


def test_a_service_that_the_sdk_does_not_know_is_named(tmp_path: Path) -> None:
    """It came with another version, or is misspelt."""
    put_sdk(tmp_path, "connectparticipant")

    with pytest.raises(UnknownService, match="botocore has no data of telepathy"):
        keep_only(["connectparticipant", "telepathy"], tmp_path)


def test_the_installed_sdk_keeps_data_where_this_is_looked_for() -> None:
    """Should botocore lay its folders out differently one day, the build must not quietly keep everything."""
    data = Path(botocore.__file__).parent / "data"

    assert (data / "connectparticipant" / "2018-09-07" / "service-2.json.gz").is_file()
    assert Loader(extra_search_paths=[str(data)]).determine_latest_version("connect", "service-2") == "2017-08-08"
