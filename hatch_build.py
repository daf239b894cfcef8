"""Compiles the proxy's hot path into the wheel where `SHADOWBENCH_COMPILE=1` asks for it (docs/compiled.md).

The modules named in pyproject.toml are ordinary Python, translated to C by mypyc; their sources stay in the wheel. Without the
variable, and in editable installs, the wheel is pure Python and runs anywhere.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import sysconfig
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Compiling(BuildHookInterface):  # type: ignore[type-arg]
    """`[tool.hatch.build.targets.wheel.hooks.custom]`; `modules`: files to compile, relative to the project."""

    _folder: str | None = None

    def dependencies(self) -> list[str]:
        """What a frontend installs before the build: nothing, the tools, or a C compiler as well."""
        if not self._is_wanted():
            return []
        groups = tomllib.loads((Path(self.root) / "pyproject.toml").read_text())["dependency-groups"]
        return [*groups["compile"], *(groups["compiler"] if _compiler() is None else [])]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and let the wheel have what came of it."""
        if version == "editable" or not self._is_wanted():
            return
        include = sysconfig.get_path("include")
        if not (Path(include) / "Python.h").exists():
            self.app.abort(
                f"SHADOWBENCH_COMPILE=1 needs Python's headers, and {include} has none: install them "
                "(Debian: python3-dev), or build without the variable"
            )
        if _compiler() is None:
            # One of the dependencies then. By itself it would compile for the processor of this machine alone.
            zig = f"{sys.executable} -m ziglang cc -mcpu=baseline"
            # How Python was linked is for another linker: zig's knows fewer options.
            os.environ |= {"CC": zig, "LDSHARED": f"{zig} -shared"}
        self._folder = tempfile.mkdtemp(prefix="shadowbench-compile-")
        folder = Path(self._folder)
        for made in compile_modules(self.config["modules"], root=Path(self.root), folder=folder):
            build_data["force_include"][str(made)] = str(made.relative_to(folder / "lib"))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Leave nothing behind."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _is_wanted(self) -> bool:
        said = os.environ.get("SHADOWBENCH_COMPILE", "0")
        if said not in ("0", "1", ""):
            self.app.abort(f"SHADOWBENCH_COMPILE is {said!r}: set it to 1 to compile, or to 0 for pure Python")
        return said == "1"


def _compiler() -> str | None:
    """The C compiler of this machine, or the one that `CC` names; None without either."""
    return os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc")


def compile_modules(modules: list[str], *, root: Path, folder: Path) -> list[Path]:
    """The shared libraries of `modules`, below `folder`/lib, laid out as packages.

    Ends the process where mypyc refuses a module.
    """
    from mypyc.build import mypycify
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext

    # Of what the modules import nothing need be installed: its types are not known then, which mypyc takes for any object.
    options = [
        "--config-file=",
        f"--cache-dir={folder / 'cache'}",
        "--ignore-missing-imports",
        "--follow-imports=silent",
    ]
    with contextlib.chdir(root):  # mypyc takes a module's name from its path
        extensions = mypycify(
            [*options, *modules], opt_level="3", debug_level="0", group_name="shadowbench", target_dir=str(folder / "c")
        )
        command = build_ext(Distribution({"ext_modules": extensions}))
        command.build_lib, command.build_temp = str(folder / "lib"), str(folder / "objects")
        command.ensure_finalized()
        command.run()
    return sorted((folder / "lib").rglob("*.so"))
