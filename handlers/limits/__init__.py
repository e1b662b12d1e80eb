"""Limits that requests share: threads of long reads, imports at a time, temporary files.

Lives here: the queue that is fair between client accounts (`places`), the threads of reads (`scans`) and the quotas of
imports (`quotas`). This folder imports `contract` and `data`, and knows nothing of single operations. A new limit that
requests share goes here; limits on one request are in `contract`, limits on a connection in `server`.
"""
