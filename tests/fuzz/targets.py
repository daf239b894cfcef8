"""All targets by name."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz import handoff_frames, http1_client, http1_server, wire_bodies, wire_requests

TARGETS: dict[str, Callable[[bytes], None]] = {
    "http1_server": http1_server.one,
    "http1_client": http1_client.one,
    "handoff": handoff_frames.one,
    "wire_events": wire_bodies.events,
    "wire_codings": wire_bodies.codings,
    "wire_answers": wire_bodies.answers,
    "wire_facts": wire_requests.facts,
    "wire_patches": wire_requests.patches,
    "wire_translations": wire_requests.translations,
}
