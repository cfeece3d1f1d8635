"""Ways in and out: SMPP peers and phones inside the process on one side, the gateway on the other.

    octets -> link -> role (handsets, applications) -> lanes -> gateway     requests of phones
    gateway -> phones -> smpp_screens | delivery -> binds -> link -> octets  what phones are shown

asyncio lives here (and in storage and web), never further in.  `smpp_listener` opens the doors, `accounts`
says who may enter; `esme` is the other direction, our own binds to somebody's centre.
"""
