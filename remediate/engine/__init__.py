"""The line that every command runs along, or a part of it; pure but for reading and writing.

    refresh   services turn AWS into states                              `remediate.refresh`
    compare   policies over states give changes and findings; pure       `compare`, `scope`, `ownership`
    guard     a finding of level `refuse` ends it here, exit 3; pure     `guard`
    write     each change under the revision it was computed from        `write`, under `record`
    settle    wait until it is in force, clear caches that would lie     `write`
    verify    read again; what is there must be what was planned         `write`

`plan` stops after the second stage and `apply` goes to the end. `undo` is the line with before and after
swapped, `release` the line for a plan that asks for nothing.
"""
