"""Who may call what: the hops behind a URL, judged before and after a change."""
