"""The page of the sandbox: what worlds there are, what requests they got, and buttons for what tests do to them.

`views` and `record_views` have one function a page, `templates/` their HTML, `events` pushes the journal to an open
page. `page.js` sends what buttons say to the control API and fetches the page again; without it the page shows
everything, but its buttons do nothing. A new page gets a function in one of the two, a template, and its path in
`ENDPOINTS` of `handlers/sandbox/pages.py`.
"""
