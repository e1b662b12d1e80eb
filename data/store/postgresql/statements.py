"""Statements: our SQL in the form that psycopg and PostgreSQL take."""

import re
from functools import lru_cache

# A word that begins with a digit is a number, such as 1E5. The rest of a quoted text may hold quotes, written twice.
TOKENS = re.compile(
    r"""
    (?P<comment>--[^\n]*)
    | '[^']*' | "[^"]*" | :: | \d\w*
    | :(?P<parameter>[^\W\d]\w*)
    | (?P<name>[^\W\d]\w*)
    | %
    """,
    re.VERBOSE,
)


@lru_cache(1024)
def translate(sql: str) -> str:
    """Return a statement, or a script of several, in the form that `psycopg.Cursor.execute` takes.

    PostgreSQL folds names without quotes to lower case, so names with a capital letter are quoted. `:name` becomes
    `%(name)s`, and `%` becomes `%%`. Comments are left out. Function bodies between `$$` are translated as well.

    :param sql: SQL with keywords in lower case, names as in the API, and named parameters, if any. Pass psycopg the
        parameters even if there are none, as an empty dict: without them it leaves `%%` as it is.
    """
    return TOKENS.sub(_translate_token, sql)


def _translate_token(token: re.Match[str]) -> str:
    text = token[0].replace("%", "%%")
    match token.lastgroup:
        case "comment":
            return ""
        case "parameter":
            return f"%({token['parameter']})s"
        case "name" if text != text.lower():
            return f'"{text}"'
    return text
