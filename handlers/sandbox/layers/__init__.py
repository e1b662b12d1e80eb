"""The layers of the sandbox: ASGI middleware in front of the ordinary application.

`Sandbox` decides what a request is for: the control API, or a world. Further layers see the requests of worlds only,
with the world in the scope. Whatever changes how requests are delivered goes here; what the control API does goes to
`control`, its SQL to `registry`.
"""
