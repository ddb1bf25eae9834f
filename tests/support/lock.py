"""Do the lock files still fit pyproject.toml? `python -m tests.support.lock` answers without the package index."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent.parent
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)
ADDRESS = re.compile(r"https?://|file://|--(?:extra-)?index|--find-links|--trusted-host")


def main() -> int:
    """Print what does not fit; the exit code is 1 when something was printed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    everything = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    faults = [
        *misfits("requirements.txt", project["dependencies"], runtime),
        *misfits(
            "requirements-dev.txt",
            project["dependencies"] + project["optional-dependencies"]["dev"],
            everything,
        ),
        *differences(runtime, everything),
    ]
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    if faults:
        sys.stderr.write("Write the lock files anew: make lock\n")
    return 1 if faults else 0


def pins(text: str) -> dict[str, str]:
    """The version by canonical package name that a lock file names."""
    return {canonicalize_name(found["name"]): found["version"] for found in PIN.finditer(text)}


def misfits(name: str, wanted: list[str], text: str) -> list[str]:
    """What a lock file lacks or has too much against the requirements `wanted`, as sentences."""
    locked = pins(text)
    faults = [f"{name} holds an address: {found.group()}" for found in ADDRESS.finditer(text)]
    requirements = [Requirement(line) for line in wanted]
    for requirement in requirements:
        version = locked.get(canonicalize_name(requirement.name))
        if version is None:
            faults.append(f"{name} lacks {requirement.name}")
        elif not requirement.specifier.contains(version):
            faults.append(
                f"{name} holds {requirement.name} {version}, pyproject.toml wants {requirement.specifier}"
            )
    direct = {canonicalize_name(requirement.name) for requirement in requirements}
    for package in _asked_by_the_project(text) - direct:
        faults.append(f"{name} holds {package}, which pyproject.toml no longer names")
    for package in locked:
        if not re.search(
            rf"^{re.escape(package)}==[^\n]*\\\n +--hash=sha256:", text, re.MULTILINE | re.IGNORECASE
        ):
            faults.append(f"{name} holds {package} without a hash")
    return faults


def differences(runtime: str, everything: str) -> list[str]:
    """Packages that the two lock files pin differently, as sentences."""
    of_all = pins(everything)
    return [
        f"requirements.txt pins {name} {version}, requirements-dev.txt {of_all.get(name, 'nothing')}"
        for name, version in pins(runtime).items()
        if of_all.get(name) != version
    ]


def _asked_by_the_project(text: str) -> set[str]:
    """Canonical names of the packages that the lock file says the project itself asked for."""
    names = set()
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        found = PIN.match(block)
        if found and "(pyproject.toml)" in block:
            names.add(str(canonicalize_name(found["name"])))
    return names


if __name__ == "__main__":
    sys.exit(main())
