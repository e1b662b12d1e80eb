"""The entry of `python -m handlers`: runs the command line."""

from handlers.cli.main import main

if __name__ == "__main__":
    main()
