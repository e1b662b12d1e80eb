"""Imports and reads what a server has a second after its start, for processes that `tests.support.forks` forks."""

from importlib import import_module

from handlers.contract import document

for name in ("handlers.cli.main", "handlers.server.run", "handlers.app.assembly", "handlers.sandbox.serving"):
    import_module(name)
document.read()
