"""The commands `freiton` and `python -m freiton`."""

import sys
from pathlib import Path


def main() -> None:
    """Run the command line with the `handlers` and `data` of this package, whatever else has those names."""
    # Spawned workers get a copy of this path.
    sys.path.insert(0, str(Path(__file__).parent))
    from handlers.cli.main import main as run_command

    run_command()


if __name__ == "__main__":
    main()
