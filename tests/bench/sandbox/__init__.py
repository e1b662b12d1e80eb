"""`make bench-sandbox`: what the worlds of the sandbox cost, side by side with other stand-ins.

All subjects have their turn in each round, in any order; figures are ratios of medians of one run.
"""
