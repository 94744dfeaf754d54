"""The channels of notifications; each module is one kind, found by listing this folder."""
