"""Those that Freiton is measured against: the same API from the same database, written as their own guides advise.

Each of them serves what the bench asks for, so that a single file shows what it takes; `storage` is common to all.
"""
