"""USSD: what a dialogue is, how a dialled string finds its service, how operators put it on the wire."""
