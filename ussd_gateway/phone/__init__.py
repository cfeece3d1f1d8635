"""A phone's end of the wire: what dials, answers, hangs up and receives, whatever the way to the centre.

`base.Phone` is the port; `smpp` is a phone behind an SMPP link (ours or anybody's gateway), `embedded` a
phone inside the gateway's own process.  Both turn what arrives into the same `events`.
"""
