"""A phone's end of the wire: what dials, answers, hangs up and receives, whatever the way to the centre.

`base.Phone` is the port; `smpp` is a phone behind an SMPP link (ours or anybody's gateway), `embedded` a
phone inside the gateway's own process, `http` one that asks the gateway's API.  `calls.Caller` makes calls
to voice menus, inside the process too or through `http`, since SMPP carries no voice.  All turn what arrives
into the same `events`.
"""
