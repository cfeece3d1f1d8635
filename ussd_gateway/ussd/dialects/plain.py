"""SMPP 3.4 by the book: the dialect of whoever names none, and what others depart from."""

from ussd_gateway.ussd.speech import WORD, Dialect

ROW = Dialect(
    name="plain",
    about="SMPP 3.4 by the book. The MSISDN is the dialogue's key; phones are given a number, too",
    source="SMPP 3.4 5.3.2.44",
    session=WORD,
    numbers_applications=False,
)
