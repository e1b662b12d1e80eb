"""The command line: one function a command. `main` collects the commands and turns errors into exit codes, `options`
holds what several commands share.

Imports any other folder, and none imports it. Connexion and uvicorn take long to import, so only commands that need
them do, inside the command (`serve`) or by `main.Commands.later`. A new command goes to the module of its subject and
is added in `main`.
"""
