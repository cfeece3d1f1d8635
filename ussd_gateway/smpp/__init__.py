"""SMPP 3.4, both roles, as pure functions of octets and time (SMPP v3.4 issue 1.2)."""
