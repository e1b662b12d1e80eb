"""Maintenance: backup, restore and check of a database, also while it is being served."""

from data.store.sqlite.maintenance import COMPANIONS as COMPANIONS
from data.store.sqlite.maintenance import backup as backup
from data.store.sqlite.maintenance import copy_database as copy_database
from data.store.sqlite.maintenance import find_problems as find_problems
from data.store.sqlite.maintenance import restore as restore
