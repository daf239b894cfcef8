from __future__ import annotations

from shadowbench.mirror import names


def test_every_name_has_its_sentence() -> None:
    own = {value for key, value in vars(names).items() if key.isupper() and isinstance(value, str)}
    assert own == names.SIGNALS.keys()
