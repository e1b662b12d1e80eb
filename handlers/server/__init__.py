"""The server: uvicorn's processes, and HTTP/1.1 on the wire.

Lives here: starting and stopping (`run`, `worker`), the protocol of a connection with its limits and timeouts
(`protocol`, `watch`), pipelining (`turns`, `exchange`), the transport (`wire`), and the dispatch to the fast path
(`dispatch`). This folder imports `fast`, `app` and the layers below them. It knows nothing of single operations. A new
limit on a connection, or a workaround for uvicorn, goes here; what depends on the path or the body of a request goes to
`contract`.
"""
