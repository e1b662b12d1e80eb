"""The dialler: what the outcome of a call changes, which contact is called next, and the calls that were made.

`rules` and `scenarios` are pure. `tries` plays one call with all that it changes, `history` keeps the calls and counts
them, `selection` says which contact is next, and `simulation` plays calls by a scenario. Nothing is really called. A
rule of the dialler goes to `rules`; SQL goes to `tries` and `history`.
"""
