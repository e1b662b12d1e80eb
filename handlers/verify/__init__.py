"""`freiton verify`: compares the answers of any server of this API with the contract.

`command` is the command, `probes` and `writes` choose the requests, `survey` sends them and collects the differences,
`client` speaks HTTP, `words` puts differences into words. Needs the packages of `freiton[verify]`, which `command`
therefore imports late. Imports `handlers.contract` only: the server may be another one than Freiton. A new kind of
request goes to `probes`, or to `writes` if it changes something; a new check of an answer to `words`.
"""
