"""Files: contacts as CSV and NDJSON, and records as JSON, read and written in bounded memory.

`csv_rows` splits CSV into rows, `contacts` turns files into batches of contacts and contacts into files, `records`
loads saved answers. Imports `handlers.contract` and `data`; knows nothing of HTTP or the command line, which both use
it. A new file format goes to a module of its own here.
"""
