"""
What is secret, and the one way to hide it.

A value is secret by the name of its field (password, token, key, ...), by what it looks like (a
private key, a password's hash), or by where it stands: the login and the query of an address, and
fields of customizations such as a file's data or the kernel's arguments. Whatever is written,
logged, printed or shown on a page goes through here. Only two things keep their secrets, and only
their owner may read them: osbuild manifests, and the rehearsal's ``compose-request.json``.

Imports nothing of the package, so every module can use it.
"""

from __future__ import annotations

import json
import logging
import re
from functools import lru_cache
from typing import Any, Iterable, Iterator, List, Match, Pattern, Set, Tuple
from urllib.parse import unquote, urlsplit, urlunsplit

HIDDEN = "(hidden)"

PRIVATE = 0o600
"""The mode of a file that has to hold secrets."""

_SECRET_NAME = re.compile(
    r"pass(?:w|phrase|code)|pwd|secret|token|credential|private|signature|cookie|bearer"
    r"|authori[sz](?:ed|ation)|connection_string|rootpw"
    r"|(?<![a-z])(?:sig|sas|jwt|otp|psk|login)(?![a-z])|(?<![a-z])(?:auth|pass|pin)$"
    r"|(?<!mon)(?<!tur)(?<!don)(?<!hot)keys?(?![a-z])"
)
"""Names of secret fields, in lower case and with ``_`` between the words."""

_SECRET_CUSTOMIZATION = re.compile(
    r"(?<![a-z])(?:data|contents?|append|command|script|kickstart|inline|embedded)(?![a-z])"
)
"""Names of fields that can hold a secret in customizations and are harmless elsewhere."""

_WORDS_COUNT = re.compile(r"key|append")
"""Names of secret fields whose words are secret by themselves, too."""

_ARGUMENT = re.compile(r"[\w.%-]+=")
_HARMLESS_QUERY = re.compile(
    r"(?:(?:task|build|image|rpm|archive|tag|target|user|host)ID=\d{1,18}|arch=\$arch)"
)
"""What may be shown of a query: the ids in the links to Koji's web pages."""

# The lengths are bounded: a hub may send texts in which each beginning could go on for ever.
_LOGIN = re.compile(
    # With one slash: an address that was taken for a path.
    r"(?:(?<=//)|(?<=https:/)|(?<=http:/))(?:[^/\s?#\"'<>]{0,300}@"
    # What is not a port is a password: with a slash in it, or cut off before its end.
    r"|[^/\s:@\[\"'<>]{1,100}:(?!\d*(?:[^\w%-]|$))(?:[^\s\"'<>]{0,300}@|[^/\s\"'<>]+))"
)
_QUERY = re.compile(r"(?<![^\s\"'<>])([^\s\"'<>?#]*)([?#])([^\s\"'<>]+)")
"""A word with a query: what is before it, ``?`` or ``#``, and the query."""

_PRE_AUTHENTICATED = re.compile(r"(?<=/p/)[^/\s]+(?=/n/)")
"""Oracle's object storage has the secret in the path: ``/p/<secret>/n/<namespace>/b/...``."""

_FIELD = re.compile(r"""\\{0,3}["']([^"'\\\n]{1,100})\\{0,3}["']\s{0,20}[:=]\s{0,20}""")
_FIELD_VALUE = re.compile(r"""(\\{0,3}["'])(?:(?!\1)(?:\\.|[^\\\n]))*|\[[^\]]*\]?|\d+(?:\.\d+)?""")
"""A field and its value as JSON or Python writes them, also where the rest is cut off."""

_VARIABLE = re.compile(
    r"(?<!\w)([A-Za-z][\w.-]{0,60})="
    r"|--([a-z][a-z0-9-]{0,60})(?<!-file)(?<!-path)[ ](?=[^\s-])"
)
_VARIABLE_VALUE = re.compile(r""""[^"\n]*"?|'[^'\n]*'?|[^\s"'&]+""")
"""A variable or option and its value as shells write them."""

_HEADER = re.compile(
    r"\b((?:proxy-)?authorization\W{1,6}(?:bearer|basic|negotiate|digest|token|aws4-\S{1,20})\s+"
    r"|(?:(?:set-)?cookie|x-[a-z-]{0,40}(?:auth|token|key|secret)[a-z-]{0,40}|koji-session-key):\s*)"
    r"[^\s\"'][^\r\n\"']*",
    re.I,
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY.*?(?:-----END [A-Z0-9 ]{0,40}-----|\Z)", re.S
)
_KNOWN_FORM = re.compile(
    r"\$(?:1|2[abxy]|5|6|7|g?y)\$[./\w$=,-]{8,}"
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]*)?"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bglpat-[\w-]{20,}"
)
"""Hashes of passwords, JSON Web Tokens, keys of AWS, GitHub and GitLab."""

_LONG = 6
"""Characters of a known secret that is looked for inside of words, too."""

_QUOTED = 16 * 1024
"""Characters of a text at most in which a secret may be cut off at any place."""

_PARTS = 100
"""Lines or words of a secret at most that are looked for by themselves."""

_DEEPEST = 60
"""Levels of a value that are shown."""


@lru_cache(maxsize=4096)
def is_secret(name: str, in_customizations: bool = False) -> bool:
    """Return whether the value of a field of that name is secret."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    if in_customizations and _SECRET_CUSTOMIZATION.search(words):
        return True
    return bool(_SECRET_NAME.search(words))


def hide(text: str) -> str:
    """
    Return a text without its secrets.

    Hidden are logins and queries of addresses, values of secret fields as JSON, Python, shells and
    HTTP write them, private keys and hashes of passwords.
    """
    if _is_address(text):
        text = _LOGIN.sub(HIDDEN + "@", text)
    if "/p/" in text:
        text = _PRE_AUTHENTICATED.sub(HIDDEN, text)
    if "?" in text or "#" in text:
        text = _QUERY.sub(_query_hidden, text)
    if '"' in text or "'" in text:
        text = _values_hidden(text, _FIELD, _FIELD_VALUE)
    if "=" in text or "--" in text:
        text = _values_hidden(text, _VARIABLE, _VARIABLE_VALUE)
    if ":" in text:
        text = _HEADER.sub(r"\g<1>" + HIDDEN, text)
    if "-----BEGIN" in text:
        text = _PRIVATE_KEY.sub(HIDDEN, text)
    return _KNOWN_FORM.sub(HIDDEN, text)


def _is_address(text: str) -> bool:
    """Return whether a text may hold an address."""
    return "//" in text or ":/" in text


def _query_hidden(match: Match[str]) -> str:
    """Hide what a query or fragment says; a ``?`` or ``#`` in a sentence is left alone."""
    before, mark, query = match.groups()
    if mark == "#" and "=" not in query:
        return match[0]
    if not _is_address(before) and not _ARGUMENT.match(query):  # e.g. a pattern's (?=...)
        return match[0]
    shown = []
    for part in re.split(r"([&;?#])", query):
        name, equals, value = part.partition("=")
        if part in "&;?#" or _HARMLESS_QUERY.fullmatch(part.rstrip(").,:")):
            shown.append(part)
        elif equals:
            shown.append("%s=%s" % (name, HIDDEN if value else ""))
        else:
            shown.append(HIDDEN)
    return "%s%s%s" % (before, mark, "".join(shown))


def _values_hidden(text: str, names: Pattern[str], values: Pattern[str]) -> str:
    """
    Hide the values of secret fields.

    :param names: of fields, with all that is before the value; the value of one that is not secret
        is looked through, too
    """
    shown: List[str] = []
    done = 0
    for found in names.finditer(text):
        if found.start() < done or not is_secret(next(filter(None, found.groups()))):
            continue
        value = values.match(text, found.end())
        quote = value[1] if value and value.re.groups and value[1] else ""
        if value and len(value[0]) > len(quote):
            shown += (text[done : value.start()], quote, HIDDEN)
            done = value.end()
    return "".join([*shown, text[done:]]) if shown else text


def hide_in(value: Any, name: str = "", deepest: int = _DEEPEST) -> Any:
    """
    Return a JSON value without its secrets, whatever holds them: fields by their names, texts as
    :func:`hide`.

    :param name: of the field that holds the value
    :param deepest: levels below which nothing is shown
    """
    return _hidden_in(value, name, name == "customizations", deepest)


def _hidden_in(value: Any, name: str, in_customizations: bool, left: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if left < 0 or (is_secret(name, in_customizations) and value not in ("", [], {})):
        return HIDDEN
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, dict):
        return {
            hide(str(key)): _hidden_in(
                item, str(key), in_customizations or key == "customizations", left - 1
            )
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_hidden_in(item, "", in_customizations, left - 1) for item in value]
    return value if isinstance(value, (int, float)) else hide(str(value))


def hide_log(content: bytes) -> str:
    """
    Return a log as text without secrets. JSON is laid out for reading.

    Composer's logs quote signed addresses, and ``koji-init.log.json`` holds the token by which a
    build is completed.
    """
    text = content.decode("utf-8", "replace")
    try:
        value = json.loads(text)
        if isinstance(value, (dict, list)):
            text = json.dumps(hide_in(value), indent=2, ensure_ascii=False) + "\n"
    except (ValueError, RecursionError):
        pass
    # JSON may hold half a character, which cannot be written.
    return hide(text.encode("utf-8", "replace").decode("utf-8"))


def bare_address(url: str) -> str:
    """
    Return an address without login, query, fragment and the secret of a pre-authenticated path.

    It still leads to the same place, for those with access; unchanged where nothing is secret.
    """
    without_login = _LOGIN.sub("", url)
    try:
        parts = urlsplit(without_login)
        path = re.sub(r"^/p/[^/]+(?=/n/)", "", parts.path)
        bare = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
    except ValueError:
        return re.split(r"[?#]", without_login)[0]
    # Put together again an address may look different: an empty query, upper case.
    return url if bare.lower() == url.lower() else bare


def secrets_in(value: Any) -> Tuple[str, ...]:
    """
    Return the secrets that a JSON value holds, for :func:`hide_known`; the longest first.

    Of an address these are its login, user and password each, and the values of its query.
    """
    found = set(_secrets_in(value, "", False, False))
    return tuple(sorted(filter(None, found), key=len, reverse=True))


def _secrets_in(value: Any, name: str, secret: bool, in_customizations: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            here = in_customizations or key == "customizations"
            is_secret_too = secret or is_secret(str(key), here)
            yield from _secrets_in(item, str(key), is_secret_too, here)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _secrets_in(item, name, secret, in_customizations)
    elif secret and value is not None and not isinstance(value, bool):
        text = str(value)
        yield text
        # Of several lines, or of the words of a key, each that is long enough to be its secret.
        parts: List[str] = text.split() if _WORDS_COUNT.search(name.lower()) else text.splitlines()
        yield from (part.strip() for part in parts[:_PARTS] if len(part.strip()) > _LONG)
    elif isinstance(value, str) and _is_address(value):
        yield from _secrets_of_address(value)


def _secrets_of_address(text: str) -> Iterator[str]:
    for login in _LOGIN.findall(text):
        whole = login[:-1] if login.endswith("@") else login
        user, colon, password = whole.partition(":")
        yield from (whole, unquote(whole))
        yield from (password, unquote(password)) if colon else (user,)
        # Software that takes a part of a password for the host quotes that part.
        yield from (part for part in re.split(r"[/@:]", password) if len(part) > 3)
    for match in _QUERY.finditer(text):
        for part in re.split(r"[&;?#]", match[3]):
            if not _HARMLESS_QUERY.fullmatch(part):
                secret = part.partition("=")[2] or part
                yield from (secret, unquote(secret))


def hide_known(text: str, secrets: Iterable[str]) -> str:
    """
    Return a text without its secrets, and without some known ones, however they are quoted.

    :param secrets: from :func:`secrets_in`
    """
    for secret in secrets:
        for quoted in sorted(_quotations(secret), key=len, reverse=True):
            if quoted in text:
                # A short one is taken for itself only where it stands alone.
                alone = r"(?<!\w)%s(?!\w)" if len(quoted) < _LONG else "%s"
                text = re.sub(alone % re.escape(quoted), HIDDEN, text)
            if quoted[:_LONG] in text:
                text = _beginning_hidden(text, quoted)
    return hide(text)


def _beginning_hidden(text: str, secret: str) -> str:
    """Hide the beginning of a secret where whoever quoted it has cut it off."""
    ends = [len(text)]
    if len(text) <= _QUOTED:
        ends += (dots.start() for dots in re.finditer(r"\.{3,}", text))
    for end in sorted(ends, reverse=True):
        first = max(0, end - len(secret))
        start = text.find(secret[:_LONG], first, end)
        while start >= 0:
            if secret.startswith(text[start:end]):
                text = text[:start] + HIDDEN + text[end:]
                break
            start = text.find(secret[:_LONG], start + 1, end)
    return text


def _quotations(secret: str) -> Set[str]:
    """Return a text as JSON and Python write it between quotation marks, and as it is."""
    written = (json.dumps(secret), json.dumps(secret, ensure_ascii=False), repr(secret))
    return {secret, *(quoted[1:-1] for quoted in written)}


class HidingFilter(logging.Filter):
    """Hides the secrets of every record that a handler takes, its traceback included."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Hide what a record says; it is always taken."""
        record.msg, record.args = hide(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = hide(logging.Formatter().formatException(record.exc_info))
        return True
