"""The sandbox: worlds of their own for the tests of connectors, and a control API for them.

`layers` is what requests go through in front of the ordinary application, `control` has the handlers of the control
API (contract: `control.yaml`), `registry` says which worlds there are, `dialling` plays runs of the dialler. Nothing
else knows of the sandbox but the command line, which gives `Layer` to the application. A new operation gets a handler
in `control`, and its contract in `control.yaml`.
"""
