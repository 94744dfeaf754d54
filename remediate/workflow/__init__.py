"""The one line that every command is a part of, and the only place where core and services meet.

    read      services turn AWS into states                           `reading`
    plan      policies over states give changes and findings; pure    `planning`
    guard     a finding of level `refuse` ends it here, exit 3        `guarding`
    write     each change under the revision it was computed from     `writing`
    settle    wait until it is in force, clear caches that would lie  `writing`
    prove     read again; what is there must be what was planned      `writing`

`plan` stops after the second stage; `apply` goes to the end.
"""
