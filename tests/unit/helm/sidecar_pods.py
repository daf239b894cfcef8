"""A pod of somebody else that includes our containers, by the very lines that docs/kubernetes.md gives."""

from __future__ import annotations

import atexit
import functools
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from tests.charts import ROOT, SIDECAR, Document, Values, parent_chart, pod_of, render

NATIVE: Values = SIDECAR
CLASSIC: Values = {**SIDECAR, "sidecar": {"native": False, "loopback": False}}
PAGE = ROOT / "docs" / "kubernetes.md"


def template() -> str:
    """The Deployment in the page."""
    (found,) = re.findall(r"```yaml\n(apiVersion: apps/v1\nkind: Deployment.*?)```", PAGE.read_text("utf-8"), re.S)
    return str(found)


@functools.cache
def chart() -> Path:
    """Made once per process."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return parent_chart(Path(folder), template())


def sidecar_documents(values: Values, **how: Any) -> list[Document]:
    """What the chart of such a pod renders, ours within it."""
    return render({"shadowbench": values}, chart=chart(), **how)


def sidecar_pod(values: Values, **how: Any) -> Document:
    """The pod among them."""
    return pod_of(sidecar_documents(values, **how))
