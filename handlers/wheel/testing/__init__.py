"""The sandbox in the tests of others: the client of its control API, and what fits it into test tools.

`sandbox` starts a sandbox or uses one that runs, `world` is a world of it, `control` sends the requests,
`pytest_plugin` has the fixtures. All of it runs in the tests of users' projects: it imports the standard library only,
and nothing of `handlers` and `data`. Support for a further test tool is a module here.
"""
