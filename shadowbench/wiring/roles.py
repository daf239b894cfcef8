"""What a parent can be, and how long its workers are waited for."""

from __future__ import annotations

from typing import Literal

Role = Literal["serve", "proxy", "mirror", "score"]
# After a worker's own deadlines ran out it has this long to end by itself before it is killed.
GRACE_S = 3.0
# A proxy's goodbye to the mirror, after its last stream.
GOODBYE_S = 5.0
