"""The ways to a gateway under test: inside this process, over SMPP, over HTTP.

Each is a `lab.Lab`.  `backroom_http` is the back room of all three; for a gateway inside this process its
requests go through a socket that nobody else can see.
"""
