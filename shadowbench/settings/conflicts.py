"""What is sound alone and not together."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from shadowbench.listening import Address, parse_address
from shadowbench.records import Dialect
from shadowbench.settings.checking import as_list
from shadowbench.settings.endpoints import CandidateSettings
from shadowbench.settings.root import Settings
from shadowbench.wire.own_names import objection_to


def conflicts(settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    """Values that are sound alone and not together: the key to change, and what is wrong with it."""
    listens = [parse_address(text) for text in as_list(settings.proxy.listen)]
    urls: dict[tuple[str, ...], str] = {("production", "url"): settings.production.url}
    urls |= {("candidates", name, "url"): each.url for name, each in settings.candidates.items() if each.url}
    for keys, url in urls.items():
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        for address in listens:
            if address.is_reached_by(parts.hostname or "", port):
                yield keys, f"{url} is proxy.listen ({address}) itself: requests would go round in circles"
                break
    if settings.admin.listen is not None:
        admin = parse_address(settings.admin.listen)
        if any(admin.clashes(address) for address in listens):
            yield ("admin", "listen"), f"{admin} is one of proxy.listen ({settings.proxy.listen}): choose another port"
    yield from _control_conflicts(settings, listens)
    yield from _mirror_conflicts(settings)
    yield from _scoring_conflicts(settings)


def _scoring_conflicts(settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    scoring = settings.scoring
    metrics = {each.name or each.metric for each in scoring.metrics}
    for name, judge in scoring.judges.items():
        here = ("scoring", "judges", name)
        if name in metrics:
            yield here, "is the name of a metric, too: choose another"
        for candidate in judge.candidates:
            if candidate not in settings.candidates:
                yield (*here, "candidates"), f"there is no candidate {candidate!r}"
        for member in (*judge.members, *((judge.strong,) if judge.strong else ())):
            if member not in scoring.judges or member == name:
                yield (*here, "members" if member in judge.members else "strong"), f"there is no other judge {member!r}"
        if judge.screen is not None and judge.screen not in metrics | scoring.judges.keys() - {name}:
            yield (*here, "screen"), f"there is no metric and no other judge {judge.screen!r} in scoring"


def _control_conflicts(settings: Settings, listens: list[Address]) -> Iterator[tuple[tuple[str, ...], str]]:
    if settings.control.listen is None:
        return
    control = parse_address(settings.control.listen)
    others = [*listens, *([parse_address(settings.admin.listen)] if settings.admin.listen else [])]
    if any(control.clashes(address) for address in others):
        yield ("control", "listen"), f"{control} is taken by proxy.listen or admin.listen: choose another port"
    if settings.control.token_env is None and not control.is_loopback:
        yield ("control", "token_env"), f"is required: {control} can be reached from other machines"


def _mirror_conflicts(settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, stratum in settings.mirror.strata.items():
        if stratum.tenant and settings.mirror.tenant_header is None:
            yield ("mirror", "strata", name, "tenant"), "needs mirror.tenant_header, which says whose traffic it is"
        for candidate in stratum.rates.keys() - settings.candidates.keys():
            yield ("mirror", "strata", name, "rates", candidate), "there is no such candidate"
    for name, candidate_settings in settings.candidates.items():
        if candidate_settings.egress_proxy_auth_env and not candidate_settings.egress_proxy:
            yield ("candidates", name, "egress_proxy_auth_env"), "needs egress_proxy"
        yield from _member_conflicts(name, candidate_settings)


def _member_conflicts(name: str, candidate: CandidateSettings) -> Iterator[tuple[tuple[str, ...], str]]:
    dialect = Dialect(candidate.dialect) if candidate.dialect is not None else None
    for key, paths in (("parameters", candidate.parameters), ("clamp", candidate.clamp)):
        for path in paths:
            if (objection := objection_to(path, dialect)) is not None:
                yield ("candidates", name, key, path), objection
    for old, new in candidate.rename.items():
        if (objection := objection_to(old, None)) is not None:
            yield ("candidates", name, "rename", old), objection
        if (objection := objection_to(new, dialect)) is not None:
            yield ("candidates", name, "rename", old), f"{new}: {objection}"
