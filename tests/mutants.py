"""`make mutants`: a random sample of small faults in the code, each of which the tests of its module have to notice.

Cosmic Ray makes the mutants. Each is tried in a copy of the tree, so that servers in processes of their own run it too.
"""

import ast
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test, mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec

from tests.support.service import TOP

LEAST_KILLED = 0.9
# A mutant that makes the tests take longer is killed.
SECONDS_TO_KILL = 150
COPIES = 2
PYTEST = "-m pytest -x -q -p no:cacheprovider -m"
MARKERS = "not node and not browser and not postgresql"
# Which tests concern a module; those come first that notice most, or soonest.
TESTS = {
    "data/acd.py": "tenants documented_examples lists",
    "data/call_ids.py": "call_ids",
    "data/call_rules.py": "calls_played calls",
    "data/call_statistics.py": "calls_played calls outgoing_of_calls",
    "data/calls.py": "calls_played calls tenants load",
    "data/campaigns.py": "clone delete tenants load contact_exports",
    "data/cockpit_variables.py": "cockpit_variables load",
    "data/contact_rows.py": "contact_cells contact_import contact_files contact_csv",
    "data/contacts.py": "contacts contact_import tenants contact_exports",
    "data/dialler/history.py": "dialler outcomes fixtures timeline outgoing_dialler",
    "data/dialler/rules.py": "outcomes dialler",
    "data/dialler/scenarios.py": "dialler_runs dialler",
    "data/dialler/selection.py": "dialler_runs dialler",
    "data/dialler/simulation.py": "dialler_runs dialler outcome_invariants outgoing_dialler",
    "data/dialler/tries.py": "outcomes dialler dialler_runs",
    "data/event_status.py": "event_walk timeline",
    "data/events.py": "events load",
    "data/idempotency.py": "idempotency idempotency_sequences",
    "data/import_progress.py": "interrupted_imports contact_commands",
    "data/imports.py": "contact_import contact_files contact_csv contact_commands interrupted_imports",
    "data/lists/cursors.py": "paging links hostile_input",
    "data/lists/fields.py": "filter_language master_data folds lists",
    "data/lists/filters.py": "filter_language links",
    "data/lists/listing.py": "lists paging links streaming slow_readers conditional",
    "data/lists/pages.py": "paging lists",
    "data/moves.py": "databases",
    "data/network_ivr_lists.py": "master_data load tenants",
    "data/opening.py": "storage opening accounts serve",
    "data/purges.py": "purge",
    "data/records.py": "load load_refused",
    "data/routing_applications.py": "routing_applications load tenants",
    "data/staging.py": "large_imports large_overwrites",
    "data/steps.py": "contact_import contact_files contact_commands large_contact_files",
    "data/store/context.py": "two_stores storage",
    "data/store/engines.py": "databases opening",
    "data/store/group_commit.py": "written_together plain_writes",
    "data/store/limits.py": "steps neighbours",
    "data/store/maintenance.py": "restore backup check databases",
    "data/store/rows.py": "lists paging contact_files",
    "data/store/scripts.py": "opening migrations",
    "data/store/sqlite/connections.py": "steps storage database_trouble foreign_log restore",
    "data/store/sqlite/dialect.py": "filter_language search lists",
    "data/store/sqlite/logs.py": "foreign_log one_file",
    "data/store/sqlite/maintenance.py": "restore backup check",
    "data/store/sqlite/schema.py": "opening migrations upgrade check databases",
    "data/store/sqlite/staging.py": "large_imports large_overwrites",
    "data/store/sqlite/store.py": "storage written_together contact_files faults databases",
    "data/store/sqlite/transactions.py": "storage two_stores faults",
    "data/store/store.py": "storage written_together contact_files faults",
    "data/store/texts.py": "date_times master_data accounts search filter_language",
    "data/store/writers.py": "storage two_stores written_together",
    "data/service_numbers.py": "master_data load tenants",
    "data/tokens.py": "accounts authentication",
    "data/uploads.py": "large_overwrites large_imports",
    "data/users.py": "events load tenants",
    "handlers/app/cors.py": "response_headers",
    "handlers/contract/answers.py": "verdicts",
    "handlers/contract/bodies.py": "hostile_input staged_close",
    "handlers/contract/compiled_schemas.py": "contact_cells errors contact_import hostile_input",
    "handlers/contract/document.py": "languages",
    "handlers/contract/headers.py": "hostile_input response_headers",
    "handlers/contract/idempotency.py": "idempotency",
    "handlers/contract/operations.py": "errors hostile_input fast_and_slow",
    "handlers/contract/preconditions.py": "preconditions",
    "handlers/contract/routes.py": "hostile_input response_headers",
    "handlers/contract/schemas.py": "contact_cells errors contact_import hostile_input",
    "handlers/contract/strict_json.py": "hostile_input load_refused",
    "handlers/contract/url.py": "fast_and_slow hostile_input",
    "handlers/contract/validators.py": "errors hostile_input contact_import",
    "handlers/contract/verdicts.py": "verdicts",
    "handlers/fast/kept_answers.py": "caches recall",
    "handlers/fast/memory.py": "never_stale caches recall",
    "handlers/fast/path.py": "fast_and_slow plain_writes caches",
    "handlers/fast/plain.py": "start fast_and_slow plain_writes",
    "handlers/fast/write_queue.py": "lost_answers written_together plain_writes",
    "handlers/files/contacts.py": "contact_cells csv_rows contact_csv contact_files contact_commands contact_exports",
    "handlers/files/csv_rows.py": "csv_rows contact_cells contact_csv",
    "handlers/files/records.py": "load load_refused",
    "handlers/files/resources.py": "load load_refused",
    "handlers/limits/places.py": "places",
    "handlers/responses/envelope.py": "documented_examples paging links streaming",
    "handlers/responses/etag.py": "conditional",
    "handlers/responses/preconditions.py": "preconditions",
    "handlers/sandbox/outgoing/call_steps.py": "outgoing_of_calls",
    "handlers/server/watch.py": "http_versions request_timeout hostile_input",
    "handlers/server/wire.py": "staged_close half_close http_versions lost_answers",
}
WITHOUT_CODE = {
    *(
        "data/__init__.py",
        "data/dialler/__init__.py",
        "data/lists/__init__.py",
        "data/store/__init__.py",
        "data/store/sqlite/__init__.py",
    ),
    *("data/store/dialect.py", "data/store/errors.py"),
}
# Modules that need a server.
ON_SERVER = "data/store/postgresql/"
# What differs in nothing that a test could see: the name of the change, and the line, cut where it begins.
LEFT_OUT = (
    # Small numbers and names are the same objects when they are equal.
    re.compile(r"ReplaceComparisonOperator_\w+_Is(Not)?: "),
    # Without its cache, a function is slower.
    re.compile(r"RemoveDecorator: \|@(lru_)?cache\b"),
    re.compile(r"NumberReplacer: \s*@lru_cache\(\|"),
    # How much is done in one step, and how long is waited, says when something is done, not what.
    re.compile(r"\w+: (SIZE|STEPS?|CHUNK|FIRST_CHUNK|LARGEST_(BATCH|CHUNK|PAGE)|[A-Z_]*_SECONDS) = "),
    # Two lists that are always of one length.
    re.compile(r"ReplaceTrueWithFalse: .*\bstrict=\|"),
    # SQLite is built so that it takes a URI anyway.
    re.compile(r"ReplaceTrueWithFalse: .*\buri=\|"),
)


class Mutant(NamedTuple):
    """A mutant, and what became of it.

    :param spec: where and how it differs.
    :param is_killed: whether a test failed, or took too long.
    :param diff: how its module differs.
    """

    spec: MutationSpec
    is_killed: bool
    diff: str


def find_mutants(module: str) -> Iterator[list[MutationSpec]]:
    """Give the mutants of a module in groups, those together that change the same place in the same manner."""
    source = (TOP / module).read_text(encoding="utf-8")
    lines, annotations = source.splitlines(), list(_find_annotations(ast.parse(source)))
    groups: dict[tuple[tuple[int, int], str], list[MutationSpec]] = defaultdict(list)
    for spec in _list_mutants(Path(module)):
        if any(pattern.match(_describe(spec, lines)) for pattern in LEFT_OUT):
            continue
        if any(begin <= spec.start_pos < end for begin, end in annotations):
            continue
        groups[spec.start_pos, spec.operator_name.partition("_")[0]].append(spec)
    yield from groups.values()


def _describe(spec: MutationSpec, lines: list[str]) -> str:
    number, column = spec.start_pos
    line = lines[number - 1]
    return f"{spec.operator_name.removeprefix('core/')}: {line[:column]}|{line[column:]}"


def _list_mutants(module: Path) -> list[MutationSpec]:
    with use_db(":memory:", WorkDB.Mode.create) as database:
        init([module], database, {})
        mutants = [mutation for item in database.work_items for mutation in item.mutations]
    return sorted(mutants, key=lambda mutant: (mutant.start_pos, mutant.operator_name, mutant.occurrence))


def _find_annotations(tree: ast.AST) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Give where annotations begin and end, which mean nothing when the program runs."""
    for node in ast.walk(tree):
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(annotation, ast.expr):
                end = (annotation.end_lineno or annotation.lineno, annotation.end_col_offset or 0)
                yield (annotation.lineno, annotation.col_offset), end


def choose_mutants(count: int, seed: int) -> list[MutationSpec]:
    """Return a sample of all mutants, no two of which change the same place in the same manner."""
    chance = random.Random(seed)
    groups = [group for module in TESTS for group in find_mutants(module)]
    print(f"{len(groups):,} places to mutate in {len(TESTS)} modules, {count} of them tried, seed {seed}", flush=True)
    chance.shuffle(groups)
    return list(islice(filter(_is_python, map(chance.choice, groups)), count))


def _is_python(spec: MutationSpec) -> bool:
    """Return whether a mutant can be run: Cosmic Ray takes stars for operators, and fails at a dotted name."""
    source = (TOP / spec.module_path).read_text(encoding="utf-8")
    try:
        ast.parse(mutate_code(source, get_operator(spec.operator_name)(), spec.occurrence))
    except (SyntaxError, AttributeError):
        return False
    return True


def copy_tree(folder: Path) -> Path:
    """Copy what git knows of the tree into a folder, as it is now, and return the folder."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(TOP / name, target, follow_symlinks=False)
    return folder


def make_command(copy: Path, tests: Iterable[str]) -> str:
    """Return the command that runs tests in a copy."""
    files = [str(find_test(name).relative_to(TOP)) for name in tests]
    # Python would take a compiled module for up to date that was written in the same second and is as long.
    settings = [f"PYTHONPATH={copy}", "PYTHONDONTWRITEBYTECODE=1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1"]
    return shlex.join(["env", "-C", str(copy), *settings, sys.executable, *PYTEST.split(), MARKERS, *files])


def find_test(name: str) -> Path:
    """Return the file of tests of a name.

    :param name: what comes after `test_`.
    :raises ValueError: there is none.
    """
    (file,) = (TOP / "tests").glob(f"*/test_{name}.py")
    return file


def require_sound_tests(copies: list[Path], modules: Iterable[str]) -> None:
    """Run the tests without a mutant, a part of them in each copy.

    :raises SystemExit: one of them fails.
    """
    tests = sorted({test for module in modules for test in TESTS[module].split()})
    commands = [make_command(copy, tests[part :: len(copies)]) for part, copy in enumerate(copies)]
    with ThreadPoolExecutor(len(copies)) as pool:
        for run in pool.map(partial(subprocess.run, capture_output=True, text=True), map(shlex.split, commands)):
            if run.returncode:
                sys.exit(f"the tests fail without a mutant\n{run.stdout}{run.stderr}")


def try_mutant(copies: "SimpleQueue[Path]", spec: MutationSpec) -> Mutant:
    """Try a mutant in the next copy that is free."""
    copy = copies.get()
    try:
        module = str(spec.module_path)
        mutation = MutationSpec(copy / module, spec.operator_name, spec.occurrence, spec.start_pos, spec.end_pos)
        begin = time.monotonic()
        result = mutate_and_test([mutation], make_command(copy, TESTS[module].split()), SECONDS_TO_KILL)
        diff = str(result.diff).replace(str(copy), "")
        print(
            f"{'killed' if result.is_killed else 'SURVIVED'} {module}:{spec.start_pos[0]} {spec.operator_name}", end=" "
        )
        print(f"{time.monotonic() - begin:.0f} s", flush=True)
        return Mutant(spec, result.is_killed, diff)
    finally:
        copies.put(copy)


def main() -> None:
    """Try the sample, print each survivor, and fail if they are too many; MUTANTS and SEED choose another sample."""
    specs = choose_mutants(int(os.environ.get("MUTANTS") or 200), int(os.environ.get("SEED") or 1))
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(COPIES) as pool:
        trees = [copy_tree(Path(folder) / str(number)) for number in range(COPIES)]
        require_sound_tests(trees, {str(spec.module_path) for spec in specs})
        copies: SimpleQueue[Path] = SimpleQueue()
        for tree in trees:
            copies.put(tree)
        mutants = list(pool.map(lambda spec: try_mutant(copies, spec), specs))
    for mutant in mutants:
        if not mutant.is_killed:
            print(mutant.diff)
    killed = sum(mutant.is_killed for mutant in mutants)
    print(f"{killed} of {len(mutants)} killed")
    if killed < LEAST_KILLED * len(mutants):
        sys.exit(1)


if __name__ == "__main__":
    main()
