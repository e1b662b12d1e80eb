"""Files: contacts as CSV and NDJSON, in bounded memory, and records as JSON.

`csv_rows` splits CSV into rows, `contacts` turns files into batches of contacts and contacts into files,
`import_answers` writes what became of each, `records` loads saved answers, of the kinds in `resources`. Imports
`handlers.limits`, `handlers.contract` and `data`; all but `import_answers` knows nothing of HTTP or the command line,
which both use it. A new file format goes to a module of its own here.
"""
