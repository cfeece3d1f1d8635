"""Load with session scripts: many phones, a rate that does not ask whether the gateway keeps up.

    Script -> lean -> moves of one conversation        arrivals -> when each ought to begin
                             |                                          |
    casts (phones, rows) -> conversation  <- generator: starts them, at most so many at once
                             |   ^
                     wire -> link: octets over a few binds

The path is short on purpose, so that the gateway is measured and not the generator: requests are octets
encoded beforehand, an answer costs a look at its header, a conversation is a machine that is pushed on by
what arrives.  Latency runs from the instant a conversation *ought* to have begun: a gateway that stalls is
charged for everybody who had to wait meanwhile, not only for the one it kept waiting.
"""
