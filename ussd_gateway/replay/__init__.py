"""Session scripts: a conversation written down once, replayed anywhere, with a verdict.

    script.yaml -> loader -> Script -> player -> Verdict -> transcript, JUnit, JSON, HTML
                              (data rows)  |
                                          lab     the gateway under test and the phones that reach it

`script` is the file's shape, `loader` reads it with every mistake at its place, `player` performs a run
of it against a `lab`, `verdict` is what came of that.  A lab reaches the gateway in this process, over
SMPP or over HTTP; what it cannot see there (the ledger of a foreign gateway) is told as not checked.
"""
