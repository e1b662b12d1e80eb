"""Lists: pages of a table's records.

`listing` reads a page, `pages` holds the values that go in and come out, `cursors` the places between pages, `filters`
the filter language, `fields` the columns that records show. Imports `data.store` only and knows no resource: a resource
passes its table and condition as a `Source`. A new parameter of all lists goes to `pages.Page` and `listing`, a new
word of the filter language to `filters.lark` and `filters`.
"""
