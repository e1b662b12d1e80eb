"""Freiton, a self-hosted contact-centre REST service.

This folder becomes the package `freiton` of the wheel, which has `handlers` and `data` beside these two files. It is the
only package that the wheel adds to site-packages, so that projects with a `handlers` or `data` of their own keep theirs.
"""
