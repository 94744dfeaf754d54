"""Write plan files from what is live: `survey` reads, `grouping`, `draft` and `written` are pure.

The promise is that a plan made of the files shows no change. So no file is written on the word of a service
alone: each target is compared with the live settings as `plan` compares, and what would change something is
commented out.
"""
