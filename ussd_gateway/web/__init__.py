"""HTTP: what testers' programs and the command line ask a running gateway (aiohttp, JSON).

`routes` lists every call as data; one module per resource holds its handlers; `guard` decides who may ask
at all; `problems` turns every refusal into one form (RFC 9457); `server` listens.
"""
