"""The wheel is complete and holds one package: it runs without the checkout, and declares and locks what it needs."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import Distribution, distributions, packages_distributions
from importlib.metadata import distribution as find_distribution
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from handlers.app import public
from handlers.contract import document
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import SECONDS_TO_RUN, TOP, start_process

PACKAGES = ("handlers", "data")
# What the wheel holds of these two files is the package itself.
WHEEL = "handlers/wheel/"
TOOLS = TOP / WHEEL / "testing"
COMMANDS = [("bin/freiton",), (sys.executable, "-m", "freiton")]
RUNTIME_LOCK, DEVELOPER_LOCK = TOP / "requirements.lock", TOP / "tests" / "requirements.lock"
STUBS_LOCK = TOP / "tests" / "stubs" / "requirements.lock"
LOCKS = [
    RUNTIME_LOCK,
    DEVELOPER_LOCK,
    STUBS_LOCK,
    *(TOP / "tests" / tool / "requirements.lock" for tool in ("bench", "bench/moto", "clients")),
]
LOCKED = re.compile(r"^([a-z0-9-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n", re.MULTILINE)
LISTENING = "listening on "


def run(*command: str | Path, cwd: Path, packages: Path | None = None) -> str:
    """Run a command that has to succeed, and return what it prints.

    :param cwd: the folder to run it in.
    :param packages: a folder to import from, before all others but that of the command.
    """
    finished = subprocess.run(
        command, cwd=cwd, env=environment(packages), capture_output=True, text=True, timeout=SECONDS_TO_RUN, check=False
    )
    assert finished.returncode == 0, finished.stderr + finished.stdout
    return finished.stdout


def environment(packages: Path | None) -> dict[str, str]:
    # Nothing of this process's own, so that neither the checkout nor a measurement of coverage is found there.
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(packages or "")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("package")


@pytest.fixture(scope="module")
def wheel(folder: Path) -> Path:
    """The wheel, built from a copy of what it is built from."""
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__")
    for package in PACKAGES:
        shutil.copytree(TOP / package, source / package, symlinks=True, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE", "openapi.yaml"):
        shutil.copy(TOP / name, source)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, source, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(folder: Path, wheel: Path) -> Path:
    """The folder that the wheel is installed in, and nothing else."""
    target = folder / "installed"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps", "--no-index")
    run(*pip, "--target", target, wheel, cwd=folder)
    return target


@pytest.fixture(scope="module")
def distribution(installed: Path) -> Distribution:
    (found,) = distributions(path=[str(installed)])
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder of somebody's own project, which has packages of the same names."""
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("OWNER = 'project'\n", encoding="utf-8")
    return tmp_path


@contextmanager
def serve(command: tuple[str, ...], packages: Path, cwd: Path) -> Iterator[str]:
    """Serve the demo with two workers, and give the URL."""
    # Joined to a path that is absolute, as that of Python is, the folder is left out.
    program, *arguments = (str(packages / command[0]), *command[1:])
    options = ("serve", "--demo", "--workers", "2", "--port", "0", "--database", "wheel.db")
    with start_process(
        [program, *arguments, *options],
        cwd=cwd,
        env=environment(packages),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        assert server.stderr
        try:
            line = server.stdout.readline()
            assert line.startswith(LISTENING), server.stderr.read()
            yield line.removeprefix(LISTENING).strip()
        finally:
            server.terminate()


def test_installed_wheel_adds_one_package(installed: Path, distribution: Distribution) -> None:
    names = {path.name for path in installed.iterdir()}
    assert names == {"bin", "freiton", f"freiton-{distribution.version}.dist-info"}


def test_project_with_packages_of_the_same_names_imports_its_own(installed: Path, project: Path) -> None:
    script = "import freiton, handlers, data; print(freiton.__file__, handlers.OWNER, data.OWNER)"
    printed = run(sys.executable, "-c", script, cwd=project, packages=installed)
    assert printed == f"{installed / 'freiton' / '__init__.py'} project project\n"


def test_command_in_project_with_packages_of_the_same_names_imports_its_own(installed: Path, project: Path) -> None:
    script = """
import contextlib, sys
from freiton.__main__ import main
sys.argv = ["freiton", "--version"]
with contextlib.suppress(SystemExit):
    main()
import handlers, data
print(handlers.__file__, data.__file__, sep="\\n")
"""
    _, *places = run(sys.executable, "-c", script, cwd=project, packages=installed).splitlines()
    assert places == [str(installed / "freiton" / package / "__init__.py") for package in PACKAGES]


@pytest.mark.parametrize("command", COMMANDS, ids=["freiton", "python -m freiton"])
def test_installed_wheel_serves_demo_contract_and_docs(
    installed: Path, project: Path, command: tuple[str, ...]
) -> None:
    with serve(command, installed, project) as url, httpx.Client(timeout=SECONDS_TO_ANSWER) as client:
        group = client.get(
            f"{url}/rest/v1.0/1/acd/groups/group/106", headers={"Authorization": "Bearer freiton-demo-1"}
        )
        described = client.get(f"{url}/openapi.yaml")
        docs = client.get(f"{url}/docs/{public.SCALAR}")
    assert group.json()["records"][0]["Name"] == "Abrechnung Firmenkunden"
    assert described.content == document.render_yaml("en")
    assert docs.status_code == 200


def test_installed_command_tells_version_of_wheel(
    installed: Path, folder: Path, wheel: Path, distribution: Distribution
) -> None:
    assert (
        run(installed / "bin" / "freiton", "--version", cwd=folder, packages=installed) == f"{distribution.version}\n"
    )
    assert wheel.name == f"freiton-{distribution.version}-py3-none-any.whl"
    assert document.read()["info"]["version"] == distribution.version


def test_wheel_holds_every_source_file_and_no_other(wheel: Path) -> None:
    names = {
        path.relative_to(TOP).as_posix()
        for package in PACKAGES
        for path in (TOP / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
        sources = {f"freiton/{name.removeprefix(WHEEL)}": TOP / name for name in names}
        assert packed == sources.keys()
        assert all(archive.read(name) == source.read_bytes() for name, source in sources.items())


def test_editable_wheel_has_the_same_command(wheel: Path, folder: Path) -> None:
    source, target = folder / "source", folder / "editable"
    target.mkdir()
    script = f"from hatchling.build import build_editable; print(build_editable({str(target)!r}))"
    name = run(sys.executable, "-c", script, cwd=source).splitlines()[-1]
    with zipfile.ZipFile(target / name) as editable, zipfile.ZipFile(wheel) as standard:
        packed = {name for name in editable.namelist() if ".dist-info/" not in name}
        own = {name for name in standard.namelist() if re.match(r"freiton/(testing/|[^/]+$)", name)}
        (entries,) = (name for name in standard.namelist() if name.endswith("/entry_points.txt"))
        assert {"freiton/__main__.py", "freiton/testing/sandbox.py"} < own
        assert packed == {"_freiton.pth", *own}
        assert editable.read("_freiton.pth").decode() == str(source)
        assert editable.read(entries) == standard.read(entries)


# The extras, by the folder whose modules need them.
EXTRAS = ("verify", "postgresql")


def imported_names(extra: str) -> set[str]:
    names = set()
    # What fits the sandbox into a test tool is imported by that tool.
    paths = {path for package in PACKAGES for path in (TOP / package).rglob("*.py")} - set(TOOLS.glob("*.py"))
    for path in (path for path in paths if (path.parent.name if path.parent.name in EXTRAS else "") == extra):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {*PACKAGES, "freiton"}


@pytest.mark.parametrize(
    ("extra", "some"),
    [
        ("", {"connexion", "yaml", "sqlite_utils"}),
        ("verify", {"schemathesis", "hypothesis", "httpx"}),
        ("postgresql", {"psycopg"}),
    ],
)
def test_wheel_declares_every_package_that_it_imports(distribution: Distribution, extra: str, some: set[str]) -> None:
    declared = {canonicalize_name(requirement.name) for requirement in read_requirements(distribution, extra)}
    providers = packages_distributions()
    imported = {name: {canonicalize_name(provider) for provider in providers[name]} for name in imported_names(extra)}
    assert imported.keys() >= some
    assert {name for name, provided_by in imported.items() if not provided_by & declared} == set()


def read_lock(lock: Path) -> dict[str, str]:
    return {name: version for name, version, _ in LOCKED.findall(lock.read_text(encoding="utf-8"))}


def read_requirements(distribution: Distribution, extra: str) -> list[Requirement]:
    """Return what a distribution requires on this machine, with one of its extras or with none for ""."""
    requirements = map(Requirement, distribution.requires or [])
    return [each for each in requirements if each.marker is None or each.marker.evaluate({"extra": extra})]


def collect_names(requirements: list[Requirement]) -> set[str]:
    """Return the names of these requirements and of all that they require in their turn."""
    found: dict[str, set[str]] = {}
    todo = list(requirements)
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras} - found.setdefault(name, set()):
            found[name].add(extra)
            todo += read_requirements(find_distribution(name), extra)
    return set(found)


def test_runtime_lock_pins_what_freiton_needs_and_nothing_else(distribution: Distribution) -> None:
    build = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    # Hatchling asks for the last one when it builds an editable wheel.
    requirements = [*read_requirements(distribution, ""), *map(Requirement, [*build, "editables"])]
    assert read_lock(RUNTIME_LOCK).keys() == collect_names(requirements)


def test_developer_lock_pins_every_declared_package_within_its_bounds(distribution: Distribution) -> None:
    locked = read_lock(DEVELOPER_LOCK)
    requirements = [Requirement(text) for text in distribution.requires or []]
    assert len(requirements) > 20
    # One extra names another.
    for requirement in (each for each in requirements if each.name != distribution.name):
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), requirement


def test_developer_lock_has_the_versions_of_the_runtime_lock() -> None:
    assert read_lock(RUNTIME_LOCK).items() <= read_lock(DEVELOPER_LOCK).items()


@pytest.mark.parametrize(("target", "installs_tools"), [("serve", False), ("tools", True), ("test", True)])
def test_make_installs_developer_tools_for_developers_only(target: str, installs_tools: bool, tmp_path: Path) -> None:
    (tmp_path / "tests/stubs").mkdir(parents=True)
    for path in (TOP / "Makefile", TOP / "pyproject.toml", RUNTIME_LOCK, DEVELOPER_LOCK, STUBS_LOCK):
        (tmp_path / path.relative_to(TOP)).touch()
    planned = run("make", "--dry-run", "--file", TOP / "Makefile", target, cwd=tmp_path)
    assert "--requirement requirements.lock" in planned
    assert ("--requirement tests/requirements.lock" in planned) is installs_tools


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_lock_holds_nothing_without_version_and_hash(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert read_lock(lock)
    assert re.sub(r"^ *#.*\n", "", LOCKED.sub("", text), flags=re.MULTILINE).strip() == ""


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_lock_names_no_host_and_no_path_of_a_machine(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    assert not re.search(r"[\s=]/\w", text)
