"""Freiton, a self-hosted contact-centre REST service.

This folder becomes the package `freiton` of the wheel, with `handlers` and `data` beside these two files. The wheel
adds no other package to site-packages, so that projects with a `handlers` or `data` of their own can import theirs.
"""
