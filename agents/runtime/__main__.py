"""Start the program; everything is said by environment variables, see `settings`."""

from __future__ import annotations

import os
import sys

from agents.models import UnusableModel
from agents.runtime import log
from agents.runtime.app import serve
from agents.runtime.settings import InvalidSettings, read_settings
from agents.yaml_source import InvalidTeam


def main() -> None:
    """Serve until told to stop; ends with a sentence if a setting or the team cannot be used."""
    log.configure()
    try:
        serve(read_settings(os.environ), os.environ)
    except (InvalidSettings, InvalidTeam, UnusableModel) as mistake:
        sys.exit(str(mistake))


if __name__ == "__main__":
    main()
