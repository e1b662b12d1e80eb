"""The calls to connectors under test: what the contact centre of the vendor sends to a customer's server.

`contract` has the contract of these calls, `outgoing.yaml`, compiled. `triggers` is what other parts of the sandbox
call when something happens in a world; it queues calls in the registry. `notices` tells of the events and the telephone
calls of a world, and `call_steps` says what has happened to the legs of such a call. `telling` does so for the calls of
the dialler, and `zones` has the time zones of local times. `sender` takes the calls from there in a thread of each
process, and `attempts` delivers one: `exchange` sends a request, over `connections` that are kept open, to addresses
that `addresses` allows, with what `messages` and `credentials` give, and `recording` says what the journal has of it. A
new kind of call gets an operation in the contract, and a function in `triggers`.
"""
