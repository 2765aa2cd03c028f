"""
Write docs/errors.md: every error that the code raises, side by side, as people meet it.

    error_reference.py [FILE]

Read off the code itself, not run: what is in angle brackets is filled in when it happens. Keep them
in view together: each says what, where, why, and what to do.
"""

from __future__ import annotations

import ast
import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Set, Tuple, Type

import pungi_osbuild.errors
from pungi_osbuild.errors import ExitCode, PungiOsbuildError

ROOT = Path(__file__).parent.parent
PACKAGES = (ROOT / "pungi_osbuild", ROOT / "koji_rehearsal")
PAGE = ROOT / "docs" / "errors.md"

INTRODUCTION = """\
# Errors

<!-- scripts/error_reference.py writes this page from the code. -->

What went wrong is told on stderr after `error:`, and below it what to do. Nothing here comes with a
traceback; a message with "BUG in pungi-osbuild" is a defect of this program, please report it.

What is wrong in a config is told by problems, which have codes: see [Problems](problems.md). What
stands *so* is filled in when it happens.
"""

REASONS = """\
## Why an image failed

These are no errors but outcomes: they stand in the table at the end, in `osbuild.json`, in the
report and in the log of the task. What composer and the hub say comes with them, in their own
words, a line for each arch; the files that say more are named as `log:`.
"""

_OUTCOMES: Mapping[str, int] = {"failed": 1, "cancelled": 1, "refused": 1}
"""Functions that make an outcome, and which of their arguments is the reason."""

_BECOMES: Mapping[str, str] = {"UnusableError": "SourceError", "RehearsalError": "InputError"}
"""What becomes another error on its way out: of a metadata file, of the rehearsal hub."""

_OPAQUE = {"str", "int", "len", "repr", "list", "sorted", "self", "map", "min", "max"}
"""Names that say nothing of what is filled in."""


@dataclass(frozen=True)
class Text:
    """
    An error, or the reason of an outcome, as the code has it.

    :param solution: None for a reason
    :param module: below the package
    """

    kind: str
    reason: str
    solution: Optional[str]
    module: str


def texts() -> Tuple[Text, ...]:
    """Return every text, each once, sorted by kind and reason."""
    found = {
        text
        for package in PACKAGES
        for path in sorted(package.rglob("*.py"))
        for text in _in_module(ast.parse(path.read_text(encoding="utf-8")), path)
    }
    return tuple(
        sorted(
            found, key=lambda one: (one.kind, one.reason.lower(), one.solution or "", one.module)
        )
    )


def _classes() -> Dict[str, Type[PungiOsbuildError]]:
    members = vars(pungi_osbuild.errors).values()
    found = [one for one in members if inspect.isclass(one) and issubclass(one, PungiOsbuildError)]
    return {one.__name__: one for one in found if _takes_both(one)}


def _takes_both(kind: type) -> bool:
    return list(inspect.signature(kind).parameters)[:2] == ["reason", "solution"]


def _in_module(tree: ast.Module, path: Path) -> Iterator[Text]:
    module = path.relative_to(ROOT).as_posix()
    everywhere = {**_returned(tree), **_assigned(tree.body)}
    for scope in ast.walk(tree):
        if not isinstance(scope, (ast.FunctionDef, ast.Module)):
            continue
        values = {**everywhere, **_assigned(ast.walk(scope))}
        for call in _calls(scope):
            name = _BECOMES.get(_name(call.func), _name(call.func))
            if name in _classes() and len(call.args) >= 2:
                for reason in _shown(call.args[0], values):
                    for solution in _shown(call.args[1], values):
                        if solution != "*solution*":  # it tells again what another one says
                            yield Text(name, reason, solution, module)
            elif name in _OUTCOMES and len(call.args) > _OUTCOMES[name]:
                for reason in _shown(call.args[_OUTCOMES[name]], values):
                    if not reason.startswith("*"):
                        yield Text("outcome", reason, None, module)


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    """Give the calls in a function or module, without those of functions in it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
            continue
        if isinstance(child, ast.Call):
            yield child
        yield from _calls(child)


Values = Dict[str, List[ast.expr]]
"""What a name may stand for."""


def _assigned(nodes: Iterable[ast.AST]) -> Values:
    """Return what each name is ever made to be, where that is a text."""
    values: Values = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and _is_text(node.value):
                values.setdefault(target.id, []).append(node.value)
    return values


def _returned(tree: ast.Module) -> Values:
    """Return what each function may return, where that is a text."""
    return {
        function.name: texts
        for function in tree.body
        if isinstance(function, ast.FunctionDef)
        for texts in [[value for value in _returns(function) if _is_text(value)]]
        if texts
    }


def _returns(function: ast.FunctionDef) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            yield node.value


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_text(node.left)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _shown(node: ast.expr, values: Mapping[str, List[ast.expr]]) -> List[str]:
    """Return an expression as people meet it; several texts where it is one of several."""
    if isinstance(node, ast.Constant):
        return [_plain(str(node.value))]
    if isinstance(node, ast.IfExp):
        return [*_shown(node.body, values), *_shown(node.orelse, values)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [
            left + right
            for left in _shown(node.left, values)
            for right in _shown(node.right, values)
        ]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return [_filled(text, node.right) for text in _raw(node.left, values)]
    called = _name(node.func if isinstance(node, ast.Call) else node)
    if called in values and not isinstance(node, ast.Attribute):
        return [text for value in values[called] for text in _shown(value, {})]
    return ["*%s*" % _word(node)]


def _raw(node: ast.expr, values: Mapping[str, List[ast.expr]]) -> List[str]:
    """Return the texts that something is filled into."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.Name):
        return [text for value in values.get(node.id, ()) for text in _raw(value, {})]
    return []


def _filled(text: str, filling: ast.expr) -> str:
    nodes = filling.elts if isinstance(filling, ast.Tuple) else [filling]
    words = iter(["*%s*" % _word(node) for node in nodes])
    shown, rest = "", text
    while "%" in rest:
        before, _, rest = rest.partition("%")
        shown += _plain(before)
        if rest.startswith("%"):
            shown, rest = shown + "%", rest[1:]
            continue
        rest = rest.lstrip("0123456789.+-#")[1:]
        word = next(words, "*...*")
        shown += " " + word if shown.endswith("*") else word
    return shown + _plain(rest)


def _plain(text: str) -> str:
    """Return a text for Markdown: nothing in it but code is markup."""
    return "".join("\\" + char if char in "*_<>[]" else char for char in text)


def _word(node: ast.expr) -> str:
    """Return a word for what an expression fills in."""
    if isinstance(node, ast.Attribute):
        own = node.attr
        if own in ("id", "name", "path", "value") and isinstance(node.value, ast.Name):
            own = "%s %s" % (node.value.id, own) if node.value.id != "self" else own
        return _spelled("the reason" if own in ("reason", "strerror") else own)
    if isinstance(node, ast.Name):
        return _spelled(node.id)
    if isinstance(node, ast.BoolOp):
        return _word(node.values[0])
    if isinstance(node, ast.IfExp):
        return "%s or %s" % (_word(node.body), _word(node.orelse))
    if isinstance(node, ast.Constant):
        return _plain(str(node.value)) or "nothing"
    if isinstance(node, ast.Subscript):
        return _word(node.value)
    if isinstance(node, ast.Call):
        own_name = _name(node.func)
        if node.args and (own_name in _OPAQUE or own_name.startswith(("_", "join"))):
            return _word(node.args[0])
        if isinstance(node.func, ast.Attribute) and own_name in ("split", "strip", "describe"):
            return _word(node.func.value)
        return _spelled(own_name)
    for child in ast.walk(node):
        if isinstance(child, ast.Name) and child.id not in _OPAQUE:
            return _spelled(child.id)
    return "..."


def _spelled(name: str) -> str:
    return name.strip("_").replace("_", " ").lower() or "..."


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def page() -> str:
    """Return the page."""
    found = texts()
    parts = [INTRODUCTION]
    for name, kind in _classes().items():
        own = [text for text in found if text.kind == name]
        if own:
            parts.append("\n".join(_section(name, kind, own)))
    outcomes = [text for text in found if text.kind == "outcome"]
    parts.append(REASONS + "\n" + "\n".join("- %s" % _sentence(one.reason) for one in outcomes))
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _section(name: str, kind: Type[PungiOsbuildError], own: Sequence[Text]) -> Iterator[str]:
    code = ExitCode(kind.exit_code)
    yield "## %s" % name
    yield ""
    yield "Exit status %d. %s" % (code, " ".join(inspect.cleandoc(kind.__doc__ or "").split()))
    seen: Set[Tuple[str, Optional[str]]] = set()
    for text in own:
        if (text.reason, text.solution) not in seen:
            seen.add((text.reason, text.solution))
            yield ""
            yield "- %s\\\n  → %s" % (_sentence(text.reason), _sentence(text.solution or ""))


def _sentence(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    target.write_text(page(), encoding="utf-8")
