"""Names in many scripts, and all letters that have an upper and a lower case."""

import sys

NAMES = [
    "Österreich",
    "Vertrieb O\u0308STERREICH",
    "Straße 5",
    "STRASSE 6",
    "Strase 7",
    "ΟΔΥΣΣΕΥΣ",
    "οδυσσευς 2",
    "Привет, Мир",
    "Հայաստան",
    "ქართული",
    "İstanbul",
    "ISTANBUL 2",
    "Iş\u0131k",
    "IŞIK 2",
    "Diyarbak\u0131r",
    "Cafe\u0301 Nord",
    "Café Süd",
    "Cafe West",
    "😀 Emoji",
    "100% Rabatt",
    "100 Rabatt",
    "a_b",
    "axb",
    "a*b",
    "a.b",
    "a+b",
    "a b",
    "a\\b",
    "a'b",
    'a"b',
    "a[b]",
    "a?b",
]
LETTERS = [
    letter
    for letter in map(chr, range(sys.maxunicode + 1))
    if len({letter, letter.upper(), letter.lower(), letter.title(), letter.casefold()}) > 1
]
ALPHABETS = ["".join(LETTERS[start : start + 50]) for start in range(0, len(LETTERS), 50)]
