"""Whether the proxy's hot path runs compiled here, or interpreted from the same sources (docs/compiled.md)."""

from shadowbench import handoff

IS_COMPILED = not handoff.__file__.endswith(".py")  # all of the modules are, or none
