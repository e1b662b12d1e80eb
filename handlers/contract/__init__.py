"""The contract, `openapi.yaml`, compiled: everything that a request can be refused for is decided here.

Lives here: the document and its translations, the compiled operations and routes, schemas, and the parsing and
validation of URLs, header fields and JSON. This folder imports no other folder of ours, and knows nothing of SQL,
Connexion and uvicorn. A new kind of parameter, refusal or validation rule goes here; what one operation does goes to
its handler. A new language is an overlay in `overlays`.
"""
