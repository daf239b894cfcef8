"""Which labels the series of an expression have: what Prometheus itself finds out only when it has data. Pure.

Raises `WrongError` where an expression asks for a series or a label that there is not, or joins what can never match.
"""

from __future__ import annotations

from collections.abc import Mapping

import promql_parser as promql

Labels = frozenset[str]
NOTHING: Labels = frozenset()
_SETS = ("or", "and", "unless")


class WrongError(Exception):
    """What is wrong with it."""


def labels_of(expression: str, known: Mapping[str, Labels]) -> Labels | None:
    """Of each series that it can have; None: it is one number. `known`: the labels of every series that there is."""
    return _of(promql.parse(expression), known)


def _of(node: object, known: Mapping[str, Labels]) -> Labels | None:
    match node:
        case promql.VectorSelector():
            return _selected(node, known)
        case promql.MatrixSelector():
            return _selected(node.vector_selector, known)
        case promql.SubqueryExpr() | promql.ParenExpr() | promql.UnaryExpr():
            return _of(node.expr, known)
        case promql.NumberLiteral() | promql.StringLiteral():
            return None
        case promql.AggregateExpr():
            return _aggregated(node, known)
        case promql.Call():
            return _called(node, known)
        case promql.BinaryExpr():
            return _joined(node, known)
        case _:
            raise WrongError(f"nobody told what {type(node).__name__} is")


def _selected(node: promql.VectorSelector, known: Mapping[str, Labels]) -> Labels:
    name = node.name
    if name not in known:
        raise WrongError(f"no sidecar tells {name}")
    _must_be({matcher.name for matcher in node.matchers.matchers}, known[name], f"a matcher of {name}")
    return known[name]


def _aggregated(node: promql.AggregateExpr, known: Mapping[str, Labels]) -> Labels:
    there = _of(node.expr, known) or NOTHING
    if node.modifier is None:
        return NOTHING
    named = frozenset(node.modifier.labels)
    _must_be(named, there, "by or without")
    return named if node.modifier.type == promql.AggModifierType.By else there - named


def _called(node: promql.Call, known: Mapping[str, Labels]) -> Labels | None:
    name, arguments = node.func.name, list(node.args)
    inner = [_of(each, known) for each in arguments]
    found: Labels | None = next((each for each in inner if each is not None), None)
    if name == "label_replace":
        return (found or NOTHING) | {arguments[1].val}
    if name == "histogram_quantile":
        _must_be({"le"}, found or NOTHING, name)
        return (found or NOTHING) - {"le"}
    return found


def _joined(node: promql.BinaryExpr, known: Mapping[str, Labels]) -> Labels | None:
    left, right = _of(node.lhs, known), _of(node.rhs, known)
    if left is None or right is None:
        return right if left is None else left
    if str(node.op) in _SETS:
        return left | right
    matching = node.modifier.matching if node.modifier is not None else None
    if matching is None:
        if left != right:
            raise WrongError(f"{sorted(left)} and {sorted(right)} have other labels: no two of them match")
        return left
    _must_be(matching.labels, left & right, "on or ignoring")
    return left


def _must_be(asked: set[str] | Labels | list[str], there: Labels, where: str) -> None:
    if unknown := set(asked) - there:
        raise WrongError(f"{where}: no label {', '.join(sorted(unknown))}")
