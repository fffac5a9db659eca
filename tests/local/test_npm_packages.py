"""Pinned npm packages arrive whole and checked, or not at all."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from local.npm_packages import PINNED, NpmPackage, NpmPackageError, bring, bring_anew, made_from, main


def tarball(files: dict[str, str]) -> bytes:
    """A tarball as npm packs it: every file below `package/`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


def pinned(content: bytes) -> NpmPackage:
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    return NpmPackage(name="a-package", version="1.2.3", sha512=digest)


class FakeNpm:
    """Stands for `npm pack`: puts its content into the folder and counts how often it was asked."""

    def __init__(self, content: bytes | None) -> None:
        self.content = content
        self.asked = 0

    def __call__(self, package: NpmPackage, folder: Path) -> None:
        self.asked += 1
        if self.content is not None:
            (folder / f"{package.name}-{package.version}.tgz").write_bytes(self.content)


def test_a_package_is_unpacked_without_the_folder_npm_puts_around_it(tmp_path: Path) -> None:
    """Whoever serves or runs a package names its files as its own documentation does."""
    content = tarball({"package/package.json": "{}", "package/dist/chat.js": "chat"})

    bring_anew(pinned(content), tmp_path / "a-package", FakeNpm(content))

    assert (tmp_path / "a-package/dist/chat.js").read_text() == "chat"


def test_a_package_that_is_already_there_is_not_brought_again(tmp_path: Path) -> None:
    """The second `make run` must be quick, and must work without a network."""
    (tmp_path / "axe-core").mkdir()
    (tmp_path / "axe-core/.made-from").write_text(PINNED["axe-core"].sha512)
    npm = FakeNpm(None)

    folder = bring("axe-core", into=tmp_path, pack=npm)

    assert folder == tmp_path / "axe-core"
    assert npm.asked == 0


def test_another_version_replaces_what_was_there(tmp_path: Path) -> None:
    """No file of the old version may stay behind."""
    old, new = tarball({"package/old.js": "old"}), tarball({"package/new.js": "new"})
    target = tmp_path / "a-package"
    bring_anew(pinned(old), target, FakeNpm(old))

    bring_anew(pinned(new), target, FakeNpm(new))

    assert sorted(path.name for path in target.iterdir()) == [".made-from", "new.js"]
    assert made_from(target) == pinned(new).sha512


def test_a_wrong_hash_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """A tarball that is not the pinned one is not trusted with a single file."""
    good, bad = tarball({"package/index.js": "good"}), tarball({"package/index.js": "bad"})
    target = tmp_path / "a-package"
    bring_anew(pinned(good), target, FakeNpm(good))

    with pytest.raises(NpmPackageError, match=r"a-package@1\.2\.3 is not what was pinned"):
        bring_anew(pinned(good), target, FakeNpm(bad))

    assert (target / "index.js").read_text() == "good"
    assert [path.name for path in tmp_path.iterdir()] == ["a-package"]


def test_a_tarball_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    """Even a pinned tarball gets no way out of build/npm."""
    content = tarball({"package/../../outside.js": "out", "package/index.js": "in"})

    bring_anew(pinned(content), tmp_path / "npm/a-package", FakeNpm(content))

    assert not (tmp_path / "outside.js").exists()
    assert not (tmp_path / "npm/outside.js").exists()
    assert (tmp_path / "npm/a-package/index.js").exists()


def test_npm_that_brings_nothing_is_said_in_one_line(tmp_path: Path) -> None:
    """The person at the keyboard reads what is missing, not a traceback."""
    with pytest.raises(NpmPackageError, match=r"brought no tarball of a-package@1\.2\.3"):
        bring_anew(pinned(b""), tmp_path / "a-package", FakeNpm(None))


def test_an_unknown_name_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    """Only pinned packages come in; the line says which they are."""
    status = main(["left-pad"])

    assert status == 1
    assert capsys.readouterr().err == (
        "handoff: 'left-pad' is not one of the pinned npm packages: "
        "amazon-connect-chatjs, aws-cdk, axe-core, markdown-it.\n"
    )
